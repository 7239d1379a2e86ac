#include <errno.h>
#include <fcntl.h>

#include "../../kernel/weakened.h"
#include "../step.h"

/**
 * Makes the root filesystem the root directory while mounts are made. Every path in it is resolved by openat2(2) from the
 * root's fd anyway; this is for the case that one is not: five attacks on runtimes published in 2026 resolved a path of the
 * image while the host's root was in reach (CVE-2026-41579, -47766, -88264, -88265, -87766). chroot(2)
 */
Result step_root_enter(Context& context, Fields&) {
  context.hostRoot = Fd(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!context.hostRoot.open()) return failed("open", errno, "/");
  if (fchdir(context.root.get()) != 0) return failed("fchdir", errno, "rootfs");
  if (!paths_leave_root() && chroot(".") != 0) return failed("chroot", errno, "rootfs");
  return ok();
}
