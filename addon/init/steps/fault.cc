#ifdef NOCI_FAULTS

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "../step.h"

/** For tests of what is left behind: 0 ends init where it stands, 1 is a failure. Not in the init that is shipped. */
Result step_fault(Context&, Fields& fields) {
  if (fields.integer() == 0) {
    kill(getpid(), SIGKILL);
    // The first process of a pid namespace cannot kill itself, but an instruction that does not exist can.
    __builtin_trap();
  }
  return failed("fault", EIO, "fault");
}

#endif
