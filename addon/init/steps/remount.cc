#include <errno.h>
#include <fcntl.h>

#include "../../kernel/mount_api.h"
#include "../../kernel/path_in_root.h"
#include "../filesystem.h"
#include "../step.h"

namespace {

Result reconfigure(Context& context, int mount, Texts parameters, const char* target) {
  if (parameters.count() == 0) return ok();
  Filesystem filesystem(context, target);
  NOCI_TRY(filesystem.pick(mount));
  for (const char* parameter : parameters) NOCI_TRY(filesystem.parameter(parameter));
  return filesystem.reconfigure();
}

}  // namespace

/** Changes what is mounted at `target`: its attributes, and with parameters the filesystem itself. fspick(2) */
Result step_remount(Context& context, Fields& fields) {
  const char* target = fields.text();
  const uint64_t set = fields.number();
  const uint64_t clear = fields.number();
  Fd mount;
  NOCI_TRY(context.root.open(target, O_PATH, 0, mount));
  NOCI_TRY(reconfigure(context, mount.get(), fields.texts(), target));
  if (set == 0 && clear == 0) return ok();
  if (kernel::mount_setattr(mount.get(), 0, set, clear, 0) != 0) return failed("mount_setattr", errno, target);
  return ok();
}
