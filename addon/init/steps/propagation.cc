#include <errno.h>
#include <fcntl.h>

#include "../../kernel/mount_api.h"
#include "../../kernel/weakened.h"
#include "../step.h"

/**
 * Propagation of everything in the new mount namespace, by one call: reading mountinfo and changing mount after mount
 * misses entries while others mount (runc #2404), and then the container's mounts appear on the host. mount_setattr(2)
 */
Result step_propagation(Context&, Fields& fields) {
  const uint64_t flags = fields.number();
  if (WEAKENED("S20")) return ok();
  const unsigned recursive = fields.flag() ? AT_RECURSIVE : 0u;
  Fd root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.open()) return failed("open", errno, "/");
  if (kernel::mount_setattr(root.get(), recursive, 0, 0, flags) != 0) return failed("mount_setattr", errno, "/");
  return ok();
}
