#include "own_tree.h"

#include <errno.h>
#include <fcntl.h>

#include "../kernel/inode.h"
#include "../kernel/mount_api.h"
#include "../kernel/openat2.h"
#include "../kernel/weakened.h"

namespace {

Result open_origin(Context& context, const char* origin, Fd& source) {
  const HostView view(context);
  source = Fd(kernel::openat2(AT_FDCWD, origin, O_PATH | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS));
  return source.open() ? ok() : failed("openat2", errno, origin);
}

/** The mounts differ: this namespace has copies. */
Result compare(const Fd& tree, const Fd& source, const char* origin) {
  kernel::Inode sent;
  kernel::Inode found;
  if (!kernel::inode_of(tree.get(), sent) || !kernel::inode_of(source.get(), found)) return failed("statx", errno, origin);
  return sent.number == found.number && sent.device == found.device ? ok() : failed("open_tree", ESTALE, origin);
}

}  // namespace

Result own_tree(Context& context, Fd& tree, const char* origin, bool recursive) {
  if (origin[0] == '\0') return ok();
  Fd source;
  NOCI_TRY(open_origin(context, origin, source));
  NOCI_TRY(compare(tree, source, origin));
  tree = Fd(kernel::clone_tree(source.get(), recursive));
  if (tree.open()) return ok();
  // The mounts below hide what whoever mounted them did not want to be seen. mount_namespaces(7)
  const int error = errno;
  const bool locked = error == EINVAL && !recursive;
  const char* reason = locked ? " (what is mounted below is locked: only rbind may take it along)" : "";
  return failed("open_tree", error, context.scratch.join(origin, reason));
}

Result part_from_host(int tree, const char* path) {
  if (WEAKENED("S20")) return ok();
  if (kernel::mount_setattr(tree, AT_RECURSIVE, 0, 0, MS_SLAVE) != 0) return failed("mount_setattr", errno, path);
  if (kernel::mount_setattr(tree, 0, 0, 0, MS_PRIVATE) != 0) return failed("mount_setattr", errno, path);
  return ok();
}
