#ifndef NOCI_INIT_FILTER_H
#define NOCI_INIT_FILTER_H

#include "context.h"

/**
 * Loads a filter of system calls into the kernel: from here on init has no more than it allows. seccomp(2)
 *
 * With a listener the runtime is told its number by one write(2), takes the fd out of init by pidfd_getfd(2), hands it to the
 * agent and answers; so a rule that asks the agent about write(2) can not be obeyed, and no other call is made before the agent can
 * answer. Without CAP_SYS_ADMIN the kernel wants no_new_privs.
 */
Result filter_load(Context& context, const Filter& filter);

/** Loads what the step `seccomp` has left for later, if it was for here. An error is that step's. */
Result filter_load_kept(Context& context, bool early);

/** A filter with a listener was loaded with the credentials. */
bool filter_listens(const Context& context);

#endif
