#include <errno.h>

#include "../step.h"

/** Goes back to the host's root directory: hooks of the host and pivot_root(2) need it. */
Result step_root_leave(Context& context, Fields&) {
  if (!context.hostRoot.open()) return failed("fchdir", EBADF, "/");
  if (fchdir(context.hostRoot.get()) != 0) return failed("fchdir", errno, "/");
  if (chroot(".") != 0) return failed("chroot", errno, "/");
  context.hostRoot.reset();
  return ok();
}
