#include <errno.h>
#include <fcntl.h>

#include "../../kernel/inode.h"
#include "../../kernel/mount_api.h"
#include "../../kernel/path_in_root.h"
#include "../../kernel/weakened.h"
#include "../step.h"

namespace {

Result make_readonly(int mount, const char* path) {
  if (kernel::mount_setattr(mount, 0, MOUNT_ATTR_RDONLY, 0, 0) == 0) return ok();
  return failed("mount_setattr", errno, path);
}

}  // namespace

/**
 * Binds `path` onto itself read-only. The copy is read-only before it is attached, and keeps nosuid, nodev and noexec of
 * the original; mounts below stay as they are. What does not exist needs no protection. A copy on top of "/" would not be
 * seen by who has "/" for a root directory, so that one becomes read-only itself. linux.readonlyPaths
 */
Result step_readonly_path(Context& context, Fields& fields) {
  const char* path = fields.text();
  if (WEAKENED("S17")) return ok();
  Fd target;
  const Result found = context.root.open(path, O_PATH, 0, target);
  if (found.error == ENOENT) return ok();
  NOCI_TRY(found);
  kernel::Inode inode;
  if (!kernel::inode_of(target.get(), inode)) return failed("statx", errno, path);
  if (context.root.is(inode)) return make_readonly(target.get(), path);
  const Fd tree(kernel::clone_tree(target.get(), true));
  if (!tree.open()) return failed("open_tree", errno, path);
  NOCI_TRY(make_readonly(tree.get(), path));
  if (kernel::attach(tree.get(), target.get()) != 0) return failed("move_mount", errno, path);
  return ok();
}
