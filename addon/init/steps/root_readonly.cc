#include <errno.h>

#include "../../kernel/mount_api.h"
#include "../step.h"

/** root.readonly: the mount of the root filesystem, not what is mounted in it. mount_setattr(2) */
Result step_root_readonly(Context& context, Fields&) {
  if (kernel::mount_setattr(context.root.get(), 0, MOUNT_ATTR_RDONLY, 0, 0) == 0) return ok();
  return failed("mount_setattr", errno, "/");
}
