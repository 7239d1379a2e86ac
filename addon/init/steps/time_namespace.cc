#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>

#include "../proc_self.h"
#include "../step.h"

namespace {

/** linux/sched.h, Linux 5.6; the libc has no name for it. */
constexpr int kCloneNewtime = 0x00000080;

/** The kernel says EINVAL, or ENOSYS under a filter, when it was built without CONFIG_TIME_NS. */
Result unshare_time() {
  if (unshare(kCloneNewtime) == 0) return ok();
  if (errno == EINVAL || errno == ENOSYS) return refused("time namespaces aren't enabled in the kernel");
  return failed("unshare", errno);
}

Result write_offsets(const char* offsets) {
  if (offsets[0] == '\0') return ok();
  const Fd file = open_proc_self("timens_offsets", O_WRONLY);
  if (!file.open()) return failed("open", errno, "/proc/self/timens_offsets");
  if (write(file.get(), offsets, strlen(offsets)) < 0) return failed("write", errno, "/proc/self/timens_offsets");
  return ok();
}

}  // namespace

/**
 * A new time namespace with its offsets, and init in it. time_namespaces(7)
 *
 * unshare(2) makes it for children only, and offsets can be written until something is in it; so they are written
 * first and then init, being single-threaded, joins with setns(2) what its children would get.
 */
Result step_time_namespace(Context&, Fields& fields) {
  const char* const offsets = fields.text();
  NOCI_TRY(unshare_time());
  NOCI_TRY(write_offsets(offsets));
  const Fd own = open_own_namespace("time_for_children");
  if (!own.open()) return failed("open", errno, "/proc/self/ns/time_for_children");
  if (setns(own.get(), kCloneNewtime) != 0) return failed("setns", errno, "/proc/self/ns/time_for_children");
  return ok();
}
