#include "credential_change.h"

#include <errno.h>
#include <sys/prctl.h>

#include "../kernel/weakened.h"

CredentialChange::CredentialChange() { prctl(PR_GET_PDEATHSIG, &deathSignal_); }

Result CredentialChange::finish() const {
  if (prctl(PR_SET_DUMPABLE, WEAKENED("S04") || WEAKENED("S67") ? 1 : 0, 0, 0, 0) != 0) return failed("prctl", errno, "PR_SET_DUMPABLE");
  if (prctl(PR_SET_PDEATHSIG, deathSignal_, 0, 0, 0) != 0) return failed("prctl", errno, "PR_SET_PDEATHSIG");
  return ok();
}
