#include <errno.h>
#include <fcntl.h>

#include "../../kernel/mount_api.h"
#include "../../kernel/path_in_root.h"
#include "../step.h"

/**
 * Binds `path` onto itself read-only. The copy is read-only before it is attached, and keeps nosuid, nodev and noexec of
 * the original; mounts below stay as they are. What does not exist needs no protection. linux.readonlyPaths
 */
Result step_readonly_path(Context& context, Fields& fields) {
  const char* path = fields.text();
  Fd target;
  const Result found = kernel::open_in_root(context.root.get(), path, O_PATH, 0, target);
  if (found.error == ENOENT) return ok();
  NOCI_TRY(found);
  const Fd tree(kernel::clone_tree(target.get(), true));
  if (!tree.open()) return failed("open_tree", errno, path);
  if (kernel::mount_setattr(tree.get(), 0, MOUNT_ATTR_RDONLY, 0, 0) != 0) return failed("mount_setattr", errno, path);
  if (kernel::attach(tree.get(), target.get()) != 0) return failed("move_mount", errno, path);
  return ok();
}
