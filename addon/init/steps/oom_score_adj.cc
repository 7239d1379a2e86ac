#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../kernel/weakened.h"
#include "../proc_self.h"
#include "../step.h"

/**
 * process.oomScoreAdj. proc_pid_oom_score_adj(5)
 *
 * Init writes its own value, so that no other process can be hit (CVE-2019-14891), through the runtime's procfs
 * before any namespace is joined and any mount made. Lowering it needs CAP_SYS_RESOURCE in the initial user namespace.
 */
Result step_oom_score_adj(Context& context, Fields& fields) {
  if (WEAKENED("S52")) return ok();
  const char* const value = context.scratch.decimal(fields.integer());
  const Fd file = open_proc_self("oom_score_adj", O_WRONLY);
  if (!file.open()) return failed("open", errno, "/proc/self/oom_score_adj");
  if (write(file.get(), value, strlen(value)) < 0) return failed("write", errno, "/proc/self/oom_score_adj");
  return ok();
}
