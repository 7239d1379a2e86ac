#include <errno.h>

#include "../step.h"

/** The root filesystem becomes the root directory, and no more: for a container without a mount namespace. chroot(2) */
Result step_chroot(Context& context, Fields&) {
  if (fchdir(context.root.get()) != 0) return failed("fchdir", errno, "rootfs");
  if (chroot(".") != 0) return failed("chroot", errno, "rootfs");
  if (chdir("/") != 0) return failed("chdir", errno, "/");
  context.root.reset();
  return ok();
}
