#include <errno.h>
#include <fcntl.h>

#include "../../kernel/inode.h"
#include "../../kernel/mount_api.h"
#include "../../kernel/weakened.h"
#include "../step.h"

namespace {

/** Puts the old root on top of the new one: "." twice needs no directory for it. pivot_root(2), NOTES */
Result change_root(Context& context) {
  if (fchdir(context.root.get()) != 0) return failed("fchdir", errno, "rootfs");
  if (kernel::pivot_root(".", ".") != 0) return failed("pivot_root", errno, "rootfs");
  return ok();
}

/**
 * Not before nothing of it propagates: or the umount(2) would take the host's mounts away too.
 *
 * Where something was mounted over the "/" that the runtime lives in, umount(2) of "." takes that, and the old root would
 * stay on top of the new one: "/.." of the container would be the host. So it is repeated until "." is no mount of ours.
 */
Result detach(int old_root) {
  if (fchdir(old_root) != 0) return failed("fchdir", errno, "old root");
  if (kernel::mount_setattr(old_root, AT_RECURSIVE, 0, 0, MS_SLAVE) != 0) return failed("mount_setattr", errno, "old root");
  int detached = 0;
  while (kernel::umount2(".", MNT_DETACH) == 0) detached++;
  return detached > 0 && errno == EINVAL ? ok() : failed("umount2", errno, "old root");
}

/** "/" must be the root filesystem's own mount, with nothing left on top of it: unlike "/", "/.." leads to what is on top. */
Result check_root(Context& context) {
  if (chdir("/") != 0) return failed("chdir", errno, "/");
  Fd now(open("/..", O_PATH | O_DIRECTORY | O_CLOEXEC));
  kernel::Inode actual;
  if (!now.open() || !kernel::inode_of(now.get(), actual)) return failed("statx", errno, "/");
  return context.root.is(actual) || WEAKENED("S24") ? ok() : failed("pivot_root", EXDEV, "rootfs");
}

}  // namespace

/** The root filesystem becomes "/" and the host's mounts leave the namespace. pivot_root(2) */
Result step_pivot_root(Context& context, Fields&) {
  Fd old_root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!old_root.open()) return failed("open", errno, "/");
  NOCI_TRY(change_root(context));
  NOCI_TRY(detach(old_root.get()));
  return check_root(context);
}
