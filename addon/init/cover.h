#ifndef NOCI_INIT_COVER_H
#define NOCI_INIT_COVER_H

#include "../kernel/result.h"
#include "context.h"

/** What masked paths are covered with: mounts, attached to exactly what `target` refers to. `path` is for errors. */

/**
 * By an empty, read-only directory. All masked directories share one tmpfs: the first is attached itself, the others are
 * clones of it (a clone of a mount that is attached nowhere needs Linux 6.15).
 */
Result cover_directory(Context& context, int target, const char* path);

/**
 * By a null device of our own; never just what the container has at /dev/null, which may be swapped for a file of procfs
 * (CVE-2025-31133). That of a /dev which init mounted is our own, else one is made on a tmpfs that nobody can name. Before
 * Linux 6.15, and where mknod(2) is not allowed, it is the container's, after the inode in hand was found to be character
 * device 1:3. Through a cover nobody can change its owner and mode.
 */
Result cover_file(Context& context, int target, const char* path);

#endif
