#include <errno.h>

#include "../step.h"

/** Without a mount namespace the root filesystem is a directory of the host's, and nothing is mounted in it. */
Result step_root_open(Context& context, Fields& fields) {
  return context.root.take(fields.fd()) ? ok() : failed("statx", errno, "rootfs");
}
