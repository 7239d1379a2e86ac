#include <errno.h>

#include "../../kernel/mount_api.h"
#include "../step.h"

/** linux.rootfsPropagation: what the container's "/" shares from now on. mount_setattr(2) */
Result step_root_propagation(Context& context, Fields& fields) {
  const uint64_t flags = fields.number();
  const unsigned recursive = fields.flag() ? AT_RECURSIVE : 0u;
  if (kernel::mount_setattr(context.root.get(), recursive, 0, 0, flags) != 0) return failed("mount_setattr", errno, "/");
  return ok();
}
