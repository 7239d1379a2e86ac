#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../kernel/weakened.h"
#include "../close_fds.h"
#include "../errno_words.h"
#include "../filter.h"
#include "../messages.h"
#include "../not_executable.h"
#include "../preserved_fds.h"
#include "../step.h"
#include "../working_directory.h"

namespace {

/**
 * Really closed, not only marked: a path such as /proc/self/fd/7 in args[0] is resolved by the execve itself, while
 * everything with O_CLOEXEC is still open (CVE-2024-21626).
 */
Result close_from(const Context& context, int first) {
  if (WEAKENED("S03")) return ok();
  return close_fds(static_cast<unsigned>(first), ~0u, context.fdLimit) ? ok() : failed("close", errno);
}

/** Right behind the preserved fds. It leads nowhere as a path, and the execve itself closes it. */
Result place(Fd& fd, int number) {
  if (fd.get() == number) return ok();
  const int moved = dup3(fd.get(), number, O_CLOEXEC);
  if (moved < 0) return failed("dup3", errno, "handshake");
  fd.reset(moved);
  return ok();
}

/**
 * But for the one by which a failure is told: the fifo of `start`, or the handshake. Without the step `ready` the runtime still waits
 * there: for this word, then for the end of the socket, which is the execve, or for why there was none.
 */
Result close_everything_else(Context& context) {
  const int first = kFirstPreserved + static_cast<int>(context.preserved);
  if (context.handshakeDone) {
    context.socket.reset();
  } else {
    message_ready(context);
  }
  Fd& last = context.handshakeDone ? context.fifo : context.socket;
  if (!last.open()) return close_from(context, first);
  NOCI_TRY(place(last, first));
  return close_from(context, first + 1);
}

/** The cause follows the words in writes of its own: a filter that is loaded by now may kill who looks for it. */
Result refusal(Context& context, const char* words, const char* path, int error) {
  if (!context.handshakeDone)
    return {"execve", error, path, context.lasting.join(words, not_executable_cause(context.lasting, path, error))};
  message_failure(context, {"execve", error, path, words});
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, words, strlen(words));
  return refused(not_executable_cause(context.lasting, path, error));
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
  NOCI_TRY(working_directory_inside(context));
  NOCI_TRY(filter_load_kept(context, false));
  execve(path, args, context.environment);
  const int error = errno;
  return refusal(context, context.lasting.join("exec ", path, ": ", errno_words(context.lasting, error)), path, error);
}
