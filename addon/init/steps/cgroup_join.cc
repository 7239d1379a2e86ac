#include <errno.h>
#include <unistd.h>

#include "../step.h"

/**
 * Joins the v1 hierarchies whose `tasks` files were passed. cgroups(7)
 *
 * "0" stands for the writing thread. `tasks` moves one thread and so needs no RCU grace period, which a write to
 * `cgroup.procs` waits for (about 10 ms after an idle moment); init has one thread only, so the effect is the same.
 */
Result step_cgroup_join(Context&, Fields& fields) {
  Fds tasks = fields.fds();
  for (uint32_t i = 0; i < tasks.count(); i++) {
    Fd file = tasks.take(i);
    if (write(file.get(), "0", 1) != 1) return failed("write", errno, "tasks");
  }
  return ok();
}
