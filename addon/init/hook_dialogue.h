#ifndef NOCI_INIT_HOOK_DIALOGUE_H
#define NOCI_INIT_HOOK_DIALOGUE_H

#include <stddef.h>

#include "hook_process.h"

/** The first bytes of what a hook writes; the rest is read and dropped, so that it never blocks. */
struct HookOutput {
  char bytes[4096];
  size_t length = 0;
};

/** How a hook ended. */
struct HookEnd {
  bool timedOut = false;
  /** as waitpid(2) gives it */
  int status = 0;
  HookOutput output;
  HookOutput errors;
};

/**
 * Gives the hook its state document, takes what it says and waits until it ends; after `timeout` milliseconds (0: none)
 * its process group is killed. A hook that does not read its stdin is no error. What it leaves running in the background
 * with its pipes open is not waited for.
 */
void hook_converse(HookProcess& process, const char* state, long long timeout, HookEnd& end);

#endif
