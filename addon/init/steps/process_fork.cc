#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../kernel/weakened.h"
#include "../filter.h"
#include "../messages.h"
#include "../step.h"

namespace {

/** A copy, with memory of its own: what is done to it from inside the container is done to nobody else. */
long fork_sibling() { return syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0); }

/** One that died before PR_SET_PDEATHSIG has closed its end of the socket. */
bool runtime_lives(const Context& context) {
  char byte;
  return recv(context.socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

/** The runtime is told by the one that cannot be stopped, whose number for the process is the runtime's too. */
[[noreturn]] void hand_over(Context& context, long pid) {
  message_request(context, context.scratch.join("process:", context.scratch.decimal(pid)));
  _exit(0);
}

}  // namespace

/**
 * Goes on as a new process, a child of the runtime's as this one is (CLONE_PARENT), in the pid namespace that `setns` has set
 * for children: everything else is done by now, by a process that nobody in the container could see. Whoever has
 * CAP_SYS_PTRACE there could do anything with it otherwise, undumpable or not (CVE-2016-9962), and anybody could stop it. What
 * appears in the container has the user and the capabilities of the process that it is about to execute.
 */
Result step_process_fork(Context& context, Fields&) {
#ifdef NOCI_WEAKENED
  static bool forked = false;
  if (forked) return ok();
  forked = WEAKENED("S67");
#endif
  const long pid = fork_sibling();
  if (pid < 0) return failed("clone", errno);
  if (pid > 0) hand_over(context, pid);
  // A new process has none.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return failed("prctl", errno, "PR_SET_PDEATHSIG");
  if (!runtime_lives(context)) _exit(1);
  context.outbox.size = 0;
  // The agent gets the listener when this process has its number, and nothing is executed before.
  if (filter_listens(context) && !message_reply(context)) _exit(1);
#ifdef NOCI_WEAKENED
  // long enough to be looked at
  if (forked) usleep(100'000);
#endif
  return ok();
}
