#include <errno.h>
#include <fcntl.h>

#include "../../kernel/inode.h"
#include "../../kernel/mount_api.h"
#include "../../kernel/weakened.h"
#include "../step.h"

namespace {

/** Goes up from `directory` to the root of the mount it is in. */
Result climb(Fd& directory, const char* path) {
  kernel::Inode inode;
  if (!kernel::inode_of(directory.get(), inode)) return failed("statx", errno, path);
  while (!inode.mountRoot) {
    const uint64_t below = inode.number;
    Fd parent(openat(directory.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!parent.open()) return failed("openat", errno, path);
    if (!kernel::inode_of(parent.get(), inode)) return failed("statx", errno, path);
    // ".." of "/" is "/": the root directory of this process is no mount (the runtime was started in a chroot).
    if (inode.number == below && !inode.mountRoot) return failed("mount_setattr", EINVAL, path);
    directory = static_cast<Fd&&>(parent);
  }
  return ok();
}

}  // namespace

/**
 * Makes the mount that holds the host's `path` private, in this mount namespace: what is attached to a shared mount appears
 * in all its peers, and pivot_root(2) refuses a new root whose parent is shared.
 */
Result step_parent_private(Context&, Fields& fields) {
  const char* path = fields.text();
  if (WEAKENED("S20")) return ok();
  Fd directory(open(path, O_PATH | O_DIRECTORY | (WEAKENED("S25") ? 0 : O_NOFOLLOW) | O_CLOEXEC));
  if (!directory.open()) return failed("open", errno, path);
  NOCI_TRY(climb(directory, path));
  if (kernel::mount_setattr(directory.get(), 0, 0, 0, MS_PRIVATE) != 0) return failed("mount_setattr", errno, path);
  return ok();
}
