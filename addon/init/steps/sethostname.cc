#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../step.h"

/** hostname of config.json in the container's UTS namespace. sethostname(2): at most 64 bytes, else EINVAL. */
Result step_sethostname(Context&, Fields& fields) {
  const char* name = fields.text();
  if (sethostname(name, strlen(name)) != 0) return failed("sethostname", errno, name);
  return ok();
}
