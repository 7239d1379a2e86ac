#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../step.h"

/**
 * stdin becomes the controlling terminal. Only who leads a session without one can take it, so `setsid` came before; what is
 * another session's already is not taken from it (EPERM). ioctl_tty(2)
 */
Result step_controlling_terminal(Context&, Fields&) {
  return ioctl(STDIN_FILENO, TIOCSCTTY, 0) == 0 ? ok() : failed("ioctl TIOCSCTTY", errno, "stdin");
}
