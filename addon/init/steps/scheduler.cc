#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../step.h"

namespace {

/** struct sched_attr as first published (48 bytes, Linux 3.14); linux/sched/types.h clashes with the libc's sched.h. */
struct SchedAttr {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime;
  uint64_t deadline;
  uint64_t period;
};
static_assert(sizeof(SchedAttr) == 48);

}  // namespace

/**
 * process.scheduler. sched_setattr(2); times in nanoseconds.
 *
 * EPERM together with a cpuset means that the cpuset is smaller than a root domain (SCHED_DEADLINE); only the runtime
 * knows whether config.json asked for one, so it makes that sentence.
 */
Result step_scheduler(Context&, Fields& fields) {
  SchedAttr attributes = {};
  attributes.size = sizeof attributes;
  attributes.policy = static_cast<uint32_t>(fields.integer());
  attributes.flags = fields.number();
  attributes.nice = static_cast<int32_t>(fields.integer());
  attributes.priority = static_cast<uint32_t>(fields.integer());
  attributes.runtime = fields.number();
  attributes.deadline = fields.number();
  attributes.period = fields.number();
  if (syscall(SYS_sched_setattr, 0, &attributes, 0) != 0) return failed("sched_setattr", errno);
  return ok();
}
