#include <errno.h>

#include "../own_tree.h"
#include "../step.h"

/** The root filesystem as a tree of mounts in no namespace: a mount in it is no mount of the host's. open_tree(2) */
Result step_root_detached(Context& context, Fields& fields) {
  Fd tree = fields.fd();
  NOCI_TRY(own_tree(context, tree, fields.text(), true));
  NOCI_TRY(part_from_host(tree.get(), "rootfs"));
  return context.root.take(static_cast<Fd&&>(tree)) ? ok() : failed("statx", errno, "rootfs");
}
