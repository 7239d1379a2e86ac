#include <errno.h>
#include <sys/prctl.h>

#include "../step.h"

/** process.noNewPrivileges: set-user-ID bits and file capabilities have no effect from here on. prctl(2) */
Result step_no_new_privs(Context&, Fields&) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("prctl", errno, "PR_SET_NO_NEW_PRIVS");
  return ok();
}
