#include <errno.h>
#include <sched.h>

#include "../../kernel/weakened.h"
#include "../credential_change.h"
#include "../step.h"
#include "../user_namespace.h"

/**
 * Joins an existing namespace, or several of the process that a pidfd names: all of them or none, in the kernel's own order.
 * With a mount namespace come its root directory and working directory. setns(2)
 *
 * The fd was opened by the runtime and names the namespace or the process itself, so nothing can be exchanged on the way; the
 * kernel refuses a namespace of another type than `type` with EINVAL.
 */
Result step_setns([[maybe_unused]] Context& context, Fields& fields) {
  const Fd target = fields.fd();
  const int type = static_cast<int>(fields.integer());
  const char* const path = fields.text();
  const CredentialChange change;
  if (setns(target.get(), WEAKENED("S35") ? 0 : type) != 0) return failed("setns", errno, path);
  if (WEAKENED("S67") && (type & CLONE_NEWPID) != 0) return step_process_fork(context, fields);
  if ((type & CLONE_NEWUSER) == 0) return ok();
  NOCI_TRY(user_namespace_become_root());
  return change.finish();
}
