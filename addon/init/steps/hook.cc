#include <string.h>
#include <sys/wait.h>

#include "../errno_words.h"
#include "../hook_dialogue.h"
#include "../step.h"

namespace {

constexpr char kPidMark[] = "%PID%";

/** signal(7) in the words of Go's syscall package, which end up in runc's message. */
constexpr const char* kSignalWords[] = {
    nullptr,           "hangup",         "interrupt",     "quit",
    "illegal instruction", "trace/breakpoint trap", "aborted", "bus error",
    "floating point exception", "killed", "user defined signal 1", "segmentation fault",
    "user defined signal 2", "broken pipe", "alarm clock", "terminated",
};

/**
 * The state document with the pid as seen in the container. Only the first mark is replaced: "pid" comes before the
 * bundle and the annotations, where the same letters may stand by chance.
 */
const char* with_pid(Arena& arena, const char* state) {
  const char* const mark = strstr(state, kPidMark);
  if (mark == nullptr) return state;
  char* const before = static_cast<char*>(arena.take(static_cast<size_t>(mark - state) + 1));
  memcpy(before, state, static_cast<size_t>(mark - state));
  return arena.join(before, arena.decimal(getpid()), mark + strlen(kPidMark));
}

/** os.ProcessState.String() of Go. */
const char* ending(Arena& arena, int status) {
  if (WIFEXITED(status)) return arena.join("exit status ", arena.decimal(WEXITSTATUS(status)));
  const unsigned signal = static_cast<unsigned>(WTERMSIG(status));
  const char* const words = signal < sizeof kSignalWords / sizeof kSignalWords[0]
                                ? arena.join("signal: ", kSignalWords[signal])
                                : arena.join("signal: signal ", arena.decimal(signal));
  return WCOREDUMP(status) ? arena.join(words, " (core dumped)") : words;
}

/** "1.0s": Go's %.1fs of the timeout. */
const char* seconds(Arena& arena, long long milliseconds) {
  const long long tenths = (milliseconds + 50) / 100;
  return arena.join(arena.decimal(tenths / 10), ".", arena.decimal(tenths % 10), "s");
}

/** What the hook said, up to a NUL if it wrote one. */
const char* said(Arena& arena, const HookOutput& output) {
  char* const text = static_cast<char*>(arena.take(output.length + 1));
  memcpy(text, output.bytes, output.length);
  return text;
}

/** nullptr when the hook did well. */
const char* complaint(Arena& arena, const HookEnd& end, long long timeout) {
  if (end.timedOut) return arena.join("hook ran past specified timeout of ", seconds(arena, timeout));
  if (end.status == 0) return nullptr;
  return arena.join(ending(arena, end.status), ", stdout: ", said(arena, end.output), ", stderr: ",
                said(arena, end.errors));
}

/** Runs the hook; the cause of an error as text, nullptr when there is none. */
const char* run(Context& context, const HookCommand& command, const char* state, long long timeout) {
  Arena& arena = context.lasting;
  HookStartError error;
  HookProcess process = hook_start(command, error);
  if (error.operation != nullptr)
    return arena.join(error.operation, " ", error.subject, ": ", errno_words(arena, error.error));
  HookEnd& end = *static_cast<HookEnd*>(context.scratch.take(sizeof(HookEnd)));
  hook_converse(process, with_pid(context.scratch, state), timeout, end);
  return complaint(arena, end, timeout);
}

}  // namespace

/**
 * One createContainer or startContainer hook. config.md, POSIX-platform Hooks
 *
 * Its environment is exactly what config.json says, so that the image's LD_PRELOAD and PATH have no say in a program of
 * the host (CVE-2025-23266); only a startContainer hook without `env` gets the process's, as in runc. Nothing of init's
 * fds reaches it, and after its timeout its whole process group is killed.
 */
Result step_hook(Context& context, Fields& fields) {
  static char* nothing[] = {nullptr};
  const char* const kind = fields.text();
  const long long index = fields.integer();
  HookCommand command = {};
  command.path = fields.text();
  command.args = fields.texts().vector(context.scratch);
  command.env = fields.texts().vector(context.scratch);
  if (fields.flag()) command.env = context.environment != nullptr ? context.environment : nothing;
  const long long timeout = fields.integer();
  const char* const state = fields.text();
  command.cwd = fields.text();
  command.umask = context.umask;
  command.fdLimit = context.fdLimit;

  const char* const cause = run(context, command, state, timeout);
  if (cause == nullptr) return ok();
  Arena& arena = context.lasting;
  return refused(arena.join("error running ", kind, " hook #", arena.decimal(index), ": ", cause));
}
