#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../errno_words.h"
#include "../filter.h"
#include "../messages.h"
#include "../preserved_fds.h"
#include "../step.h"
#include "../working_directory.h"

namespace {

/**
 * Really closed, not only marked: a path such as /proc/self/fd/7 in args[0] is resolved by the execve itself, while
 * everything with O_CLOEXEC is still open (CVE-2024-21626).
 */
Result close_from(int first) {
  if (syscall(SYS_close_range, first, ~0u, 0u) != 0) return failed("close_range", errno);
  return ok();
}

/** The handshake right behind the preserved fds. It leads nowhere as a path, and the execve itself closes it. */
Result place_socket(Context& context, int number) {
  if (context.socket.get() == number) return ok();
  const int moved = dup3(context.socket.get(), number, O_CLOEXEC);
  if (moved < 0) return failed("dup3", errno, "handshake");
  context.socket.reset(moved);
  return ok();
}

/**
 * Without the step `ready` the runtime still waits: for this word, then for the end of the socket, which is the execve, or for
 * why there was none.
 */
Result close_everything_else(Context& context) {
  const int first = kFirstPreserved + static_cast<int>(context.preserved);
  if (context.handshakeDone) {
    context.socket.reset();
    return close_from(first);
  }
  message_ready(context);
  NOCI_TRY(place_socket(context, first));
  return close_from(first + 1);
}

/** Behind this an error is that of the execve again. */
Result load_filter(Context& context) {
  if (context.filter.program == nullptr) return ok();
  const long long step = context.step;
  context.step = context.filter.step;
  NOCI_TRY(filter_load(context, context.filter));
  context.step = step;
  return ok();
}

}  // namespace

/**
 * The end of init: what `lookup` found takes over. Nothing may be opened between closing and execve(2).
 *
 * An error is in Go's words, since it is what callers of runc find on the container's stderr: "exec /run.sh: no such file
 * or directory".
 */
Result step_execve(Context& context, Fields& fields) {
  char** const args = fields.texts().vector(context.lasting);
  const char* const path = context.executable;
  NOCI_TRY(close_everything_else(context));
  umask(context.umask);
  // What the runtime has armed is not the container's: it would be killed when the runtime ends.
  if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) != 0) return failed("prctl", errno, "PR_SET_PDEATHSIG");
  NOCI_TRY(working_directory_inside());
  NOCI_TRY(load_filter(context));
  execve(path, args, context.environment);
  return refused(context.lasting.join("exec ", path, ": ", errno_words(context.lasting, errno)));
}
