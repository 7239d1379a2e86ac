#include <errno.h>
#include <sched.h>

#include "../step.h"

/** Namespaces that clone3(2) makes too early: the cgroup namespace's root is the cgroup that was joined before. unshare(2) */
Result step_unshare(Context&, Fields& fields) {
  if (unshare(static_cast<int>(fields.integer())) != 0) return failed("unshare", errno);
  return ok();
}
