#include <errno.h>
#include <unistd.h>

#include "../../kernel/weakened.h"
#include "../step.h"

/**
 * A session of its own, so that the caller's terminal is not the container's controlling terminal: what TIOCSTI
 * pushes cannot reach it (CVE-2016-10124, CVE-2017-5226). setsid(2)
 */
Result step_setsid(Context&, Fields&) {
  if (WEAKENED("S40") || setsid() >= 0) return ok();
  // EPERM also when the process leads a session already, which is all that is wanted.
  if (errno == EPERM && getsid(0) == getpid()) return ok();
  return failed("setsid", errno);
}
