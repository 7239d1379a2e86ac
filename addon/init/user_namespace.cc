#include "user_namespace.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability_sets.h"
#include "credential_change.h"

Result user_namespace_become_root() {
  if (geteuid() == 0 && getegid() == 0) return ok();
  const CredentialChange change;
  if (syscall(SYS_setresgid, 0, 0, 0) != 0) return failed("setresgid", errno, "root of the user namespace");
  if (syscall(SYS_setresuid, 0, 0, 0) != 0) return failed("setresuid", errno, "root of the user namespace");
  NOCI_TRY(capabilities_uninherit());
  return change.finish();
}
