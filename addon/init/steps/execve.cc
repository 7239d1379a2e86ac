#include <errno.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../errno_words.h"
#include "../messages.h"
#include "../preserved_fds.h"
#include "../step.h"
#include "../working_directory.h"

namespace {

/**
 * Really closed, not only marked: a path such as /proc/self/fd/7 in args[0] is resolved by the execve itself, while
 * everything with O_CLOEXEC is still open (CVE-2024-21626).
 */
Result close_everything_else(uint32_t preserved) {
  if (syscall(SYS_close_range, kFirstPreserved + preserved, ~0u, 0u) != 0) return failed("close_range", errno);
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
  messages_send(context);
  context.socket.reset();
  NOCI_TRY(close_everything_else(context.preserved));
  umask(context.umask);
  // What the runtime has armed is not the container's: it would be killed when the runtime ends.
  if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) != 0) return failed("prctl", errno, "PR_SET_PDEATHSIG");
  NOCI_TRY(working_directory_inside());
  execve(path, args, context.environment);
  return refused(context.lasting.join("exec ", path, ": ", errno_words(context.lasting, errno)));
}
