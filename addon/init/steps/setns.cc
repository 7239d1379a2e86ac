#include <errno.h>
#include <sched.h>

#include "../credential_change.h"
#include "../step.h"
#include "../user_namespace.h"

/**
 * Joins one existing namespace. setns(2)
 *
 * The fd was opened by the runtime and names the namespace itself, so nothing can be exchanged on the way; the kernel
 * refuses one of another type than `type` with EINVAL.
 */
Result step_setns(Context&, Fields& fields) {
  const Fd target = fields.fd();
  const int type = static_cast<int>(fields.integer());
  const char* const path = fields.text();
  const CredentialChange change;
  if (setns(target.get(), type) != 0) return failed("setns", errno, path);
  if (type != CLONE_NEWUSER) return ok();
  NOCI_TRY(user_namespace_become_root());
  return change.finish();
}
