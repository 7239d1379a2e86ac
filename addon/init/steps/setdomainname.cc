#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../step.h"

/** domainname of config.json in the container's UTS namespace. setdomainname(2): at most 64 bytes, else EINVAL. */
Result step_setdomainname(Context&, Fields& fields) {
  const char* name = fields.text();
  if (setdomainname(name, strlen(name)) != 0) return failed("setdomainname", errno, name);
  return ok();
}
