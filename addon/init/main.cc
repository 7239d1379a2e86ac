#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "../kernel/weakened.h"
#include "context.h"
#include "errno_words.h"
#include "messages.h"
#include "preserved_fds.h"
#include "reader/plan.h"
#include "wire.h"

namespace {

constexpr int kStatusHandshake = 1;
/** What runc ends with when the container's process cannot be executed after `start`. */
constexpr int kStatusLate = 255;

/** Until `ready` is answered nobody but the runtime knows of this process, so it must not outlive it. prctl(2) */
void die_with_runtime() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A runtime that died before this line has closed its end of the socket: receiving the plan fails and init ends.
}

/**
 * From here on no process of the container may ptrace init or open its /proc/PID/fd (CVE-2016-9962). Files in /proc/self
 * belong to the host's root from now on, so what init writes there as somebody else comes before.
 */
void forbid_ptrace() {
  if (!WEAKENED("S04") && !WEAKENED("S67")) prctl(PR_SET_DUMPABLE, 0);
}

/** Steps that come before anything of a container is joined; the last two write files that the undumpable may not own. */
bool precedes_container(const StepEntry& entry) {
  return entry.run == step_trace || entry.run == step_become_root || entry.run == step_cgroup_join || entry.run == step_affinity || entry.run == step_oom_score_adj ||
         entry.run == step_time_namespace;
}

/** "exec /run.sh: no such file or directory" */
const char* failure_line(Context& context, const Result& result) {
  if (result.text != nullptr) return context.scratch.join(result.text, "\n");
  const char* words = errno_words(context.scratch, result.error);
  const char* space = result.path[0] == '\0' ? "" : " ";
  return context.scratch.join(result.syscall, space, result.path, ": ", words, "\n");
}

/** A filter of the container can forbid even this: a fault ends init then, which the kernel forgives nobody. */
[[noreturn]] void leave(int status) {
  syscall(SYS_exit_group, status);
  __builtin_trap();
}

[[noreturn]] void end(Context& context, const Result& result) {
  message_failure(context, result);
  if (!context.handshakeDone) leave(kStatusHandshake);
  const char* line = failure_line(context, result);
  // Nobody is left to tell if this does not arrive.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, strlen(line));
  leave(kStatusLate);
}

long long nanoseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000ll + now.tv_nsec;
}

/** Steps that may enter another time namespace, in which CLOCK_MONOTONIC is another. time_namespaces(7) */
bool changes_clock(const StepEntry& entry) { return entry.run == step_time_namespace || entry.run == step_setns; }

/** A step, when it began by the runtime's clock, and what it took. */
Result run_timed(Context& context, const StepEntry& entry, Fields& fields) {
  const long long start = nanoseconds(CLOCK_MONOTONIC) - context.clockShift;
  // The one clock that is the same in all of them.
  const long long before = changes_clock(entry) ? nanoseconds(CLOCK_REALTIME) : 0;
  const Result result = entry.run(context, fields);
  long long took = nanoseconds(CLOCK_MONOTONIC) - context.clockShift - start;
  if (changes_clock(entry)) {
    const long long really = nanoseconds(CLOCK_REALTIME) - before;
    context.clockShift += took - really;
    took = really;
  }
  if (result.fine() && !context.handshakeDone) message_done(context, start, took);
  return result;
}

/** It is timed when somebody wants to know and can still be told. */
Result run_step(Context& context, const StepEntry& entry, Fields& fields) {
  return context.traced && !context.handshakeDone ? run_timed(context, entry, fields) : entry.run(context, fields);
}

void run_steps(Context& context, Plan& plan) {
  const uint8_t* at = plan.steps;
  bool dumpable = true;
  for (uint32_t i = 0; i < plan.count; i++) {
    uint16_t index;
    memcpy(&index, at, sizeof index);
    const StepEntry& entry = kSteps[index];
    if (dumpable && !precedes_container(entry)) {
      forbid_ptrace();
      dumpable = false;
    }
    context.step = i;
    Fields fields(at + sizeof index, plan.passed);
    const Result result = run_step(context, entry, fields);
    if (!result.fine()) end(context, result);
    context.scratch.reset();
    at = Fields(at + sizeof index, plan.passed).pass(entry.types);
  }
}

}  // namespace

/** Waits for a plan on the handshake socket and carries it out. argv and the environment are not looked at. */
int main() {
  Context context;
  context.socket = Fd(kHandshakeFd);
  // It came through an execve, so it has no mark yet.
  fcntl(kHandshakeFd, F_SETFD, FD_CLOEXEC);
  die_with_runtime();
  prctl(PR_SET_NAME, "noci:[init]");
  context.umask = umask(0);
  Plan plan;
  if (const Result result = plan_receive(context, plan); !result.fine()) end(context, result);
  if (const Result result = preserved_fds_hold(context); !result.fine()) end(context, result);
  if (const Result result = plan_check(context, plan); !result.fine()) end(context, result);
  context.scratch.reset();
  run_steps(context, plan);
  // A plan that ends without execve did what it was for.
  messages_send(context);
  _exit(0);
}
