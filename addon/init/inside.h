#ifndef NOCI_INIT_INSIDE_H
#define NOCI_INIT_INSIDE_H

#include <linux/openat2.h>
#include <stdint.h>

#include "../kernel/fd.h"

/**
 * Opens `path` below init's own root directory, which has to be the container's by now: after pivot_root, chroot, or setns
 * into its mount namespace. Magic links are never followed; `resolve` adds to RESOLVE_IN_ROOT of openat2(2). Closed with
 * errno set when it cannot be opened.
 */
Fd open_inside(const char* path, int flags, uint64_t resolve = 0);

/**
 * The same for what the image may have put something else for: it is looked at through O_PATH before it is opened, because
 * opening some devices does something (a watchdog), and again afterwards. Closed when it is not what `expected` says.
 */
Fd open_expected_inside(const char* path, int flags, uint64_t resolve, bool (*expected)(int fd));

#endif
