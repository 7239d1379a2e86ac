#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "../../kernel/inode.h"
#include "../../kernel/mount_api.h"
#include "../../kernel/procfs.h"
#include "../../kernel/weakened.h"
#include "../filesystem.h"
#include "../mount_table.h"
#include "../step.h"

namespace {

constexpr uint64_t kSysfsMagic = 0x62656572;

/** A whole procfs or sysfs outside of the root filesystem: it would make the masks of the container's own worth nothing. */
bool exposes_host(const MountLine& mount, const char* root) {
  if (strcmp(mount.root, "/") != 0) return false;
  if (strcmp(mount.type, "proc") != 0 && strcmp(mount.type, "sysfs") != 0) return false;
  const size_t length = strlen(root);
  if (strncmp(mount.target, root, length) != 0) return true;
  return mount.target[length] != '/' && mount.target[length] != '\0';
}

/** For what cannot be unmounted: locked mounts of a more privileged namespace. mount_namespaces(7) */
Result cover(Context& context, int target, const char* path) {
  Filesystem filesystem(context, path);
  NOCI_TRY(filesystem.open("tmpfs"));
  NOCI_TRY(filesystem.parameter("size", "0"));
  Fd mount;
  NOCI_TRY(filesystem.mount(MOUNT_ATTR_RDONLY, mount));
  if (kernel::attach(mount.get(), target) != 0) return failed("move_mount", errno, path);
  return ok();
}

Result remove(Context& context, const char* path) {
  Fd target(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
  // Gone with a mount above it, or hidden by one.
  if (!target.open()) return errno == ENOENT || errno == ENOTDIR ? ok() : failed("open", errno, path);
  const uint64_t type = kernel::filesystem_of(target.get());
  if (type != kernel::kProcMagic && type != kSysfsMagic) return ok();
  if (kernel::mount_setattr(target.get(), AT_RECURSIVE, 0, 0, MS_SLAVE) != 0) return failed("mount_setattr", errno, path);
  if (fchdir(target.get()) != 0) return failed("fchdir", errno, path);
  if (kernel::umount2(".", MNT_DETACH) == 0) return ok();
  if (errno != EINVAL && errno != EPERM) return failed("umount2", errno, path);
  return cover(context, target.get(), path);
}

Result move(Context& context) {
  const Fd old_root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!old_root.open()) return failed("open", errno, "/");
  if (kernel::attach(context.root.get(), old_root.get()) != 0) return failed("move_mount", errno, "rootfs");
  if (fchdir(context.root.get()) != 0) return failed("fchdir", errno, "rootfs");
  if (chroot(".") != 0) return failed("chroot", errno, "rootfs");
  if (chdir("/") != 0) return failed("chdir", errno, "/");
  return ok();
}

}  // namespace

/**
 * For a host whose root is an initial RAM disk, where pivot_root(2) does not work (--no-pivot): the root filesystem is moved
 * on top of "/" and becomes the root directory. The host's mounts stay below it and can be reached by who may chroot(2), so
 * those that would undo the container's masks are taken away first. `path` is where the root filesystem was attached.
 */
Result step_move_root(Context& context, Fields& fields) {
  const char* path = fields.text();
  MountLine* mount = nullptr;
  NOCI_TRY(mount_table(context, mount));
  for (; mount != nullptr && !WEAKENED("S21"); mount = mount->previous) {
    if (exposes_host(*mount, path)) NOCI_TRY(remove(context, mount->target));
  }
  return move(context);
}
