#include <errno.h>
#include <fcntl.h>

#include "../../kernel/mount_api.h"
#include "../../kernel/path_in_root.h"
#include "../step.h"

/** Attributes of what is mounted at `target`: a tmpfs becomes read-only when everything in it was made. mount_setattr(2) */
Result step_mount_setattr(Context& context, Fields& fields) {
  const char* target = fields.text();
  const uint64_t set = fields.number();
  const uint64_t clear = fields.number();
  Fd mount;
  NOCI_TRY(context.root.open(target, O_PATH, 0, mount));
  if (kernel::mount_setattr(mount.get(), 0, set, clear, 0) != 0) return failed("mount_setattr", errno, target);
  return ok();
}
