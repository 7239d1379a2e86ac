#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../step.h"

namespace {

/** linux/ioprio.h. runc passes this value too and calls it a process group. */
constexpr int kIoprioWhoProcess = 1;

}  // namespace

/**
 * process.ioPriority. ioprio_set(2)
 *
 * For this process only: its group may still be the caller's when the plan makes no session, and a group of the host
 * is none of our business.
 */
Result step_io_priority(Context&, Fields& fields) {
  if (syscall(SYS_ioprio_set, kIoprioWhoProcess, 0, static_cast<int>(fields.integer())) != 0)
    return failed("ioprio_set", errno);
  return ok();
}
