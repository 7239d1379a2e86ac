#ifndef NOCI_INIT_COVER_H
#define NOCI_INIT_COVER_H

#include "../kernel/fd.h"
#include "../kernel/result.h"
#include "context.h"

/** Detached mounts that masked paths are covered with, each for one attach. `path` is for errors. */

/**
 * An empty, read-only directory. All masked directories share one tmpfs: the first is attached itself, the others are
 * clones of it (a clone of a mount that is attached nowhere needs Linux 6.15).
 */
Result cover_directory(Context& context, const char* path, Fd& cover);

/**
 * A null device of our own, on a tmpfs that nobody can name; never just what the container has at /dev/null, which may be
 * swapped for a file of procfs (CVE-2025-31133). Before Linux 6.15, and where mknod(2) is not allowed, it is a clone of the
 * container's, after the inode in hand was found to be character device 1:3.
 */
Result cover_file(Context& context, const char* path, Fd& cover);

#endif
