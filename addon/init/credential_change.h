#ifndef NOCI_INIT_CREDENTIAL_CHANGE_H
#define NOCI_INIT_CREDENTIAL_CHANGE_H

#include "../kernel/result.h"

/**
 * A change of ids or of the user namespace clears PR_SET_PDEATHSIG and sets dumpable to fs.suid_dumpable (commit_creds in
 * kernel/cred.c). Both are put back: init still dies with the runtime, and still cannot be looked into from the container
 * (CVE-2016-9962). A runtime that died in between is noticed at the next word of the handshake.
 */
class CredentialChange {
 public:
  CredentialChange();
  /** To be called when the ids are what they shall be. */
  Result finish() const;

 private:
  int deathSignal_ = 0;
};

#endif
