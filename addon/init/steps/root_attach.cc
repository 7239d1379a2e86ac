#include <errno.h>
#include <fcntl.h>

#include "../../kernel/mount_api.h"
#include "../../kernel/weakened.h"
#include "../own_tree.h"
#include "../step.h"

/** Attaches the root filesystem at the host's `path`; from here on it is the context's root. move_mount(2) */
Result step_root_attach(Context& context, Fields& fields) {
  Fd tree = fields.fd();
  const char* path = fields.text();
  NOCI_TRY(own_tree(context, tree, fields.text(), true));
  NOCI_TRY(part_from_host(tree.get(), path));
  Fd target(open(path, O_PATH | O_DIRECTORY | (WEAKENED("S25") ? 0 : O_NOFOLLOW) | O_CLOEXEC));
  if (!target.open()) return failed("open", errno, path);
  if (kernel::attach(tree.get(), target.get()) != 0) return failed("move_mount", errno, path);
  return context.root.take(static_cast<Fd&&>(tree)) ? ok() : failed("statx", errno, path);
}
