#ifndef NOCI_INIT_PRESERVED_FDS_H
#define NOCI_INIT_PRESERVED_FDS_H

#include "context.h"

/** The first fd that the container's process may inherit besides stdio. */
constexpr int kFirstPreserved = 3;

/**
 * Marks the preserved fds close-on-exec: hooks are not to have them. `preserved_fds_place` takes the mark off.
 */
Result preserved_fds_hold(const Context& context);

/**
 * Puts the preserved fds to where the container's process finds them, from 3 on and without O_CLOEXEC; the handshake makes
 * room for them. So a path such as /proc/self/fd/3 in args[0] means the same to the lookup as to the execve.
 */
Result preserved_fds_place(Context& context);

#endif
