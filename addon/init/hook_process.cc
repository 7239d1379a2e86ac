#include "hook_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kernel/weakened.h"
#include "close_fds.h"

namespace {

struct Pipe {
  Fd readEnd;
  Fd writeEnd;

  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    readEnd.reset(ends[0]);
    writeEnd.reset(ends[1]);
    return true;
  }
};

struct Pipes {
  Pipe input;
  Pipe output;
  Pipe errors;
  /** closed by a successful execve; says what went wrong otherwise */
  Pipe report;

  bool open() { return input.open() && output.open() && errors.open() && report.open(); }
};

/** What the child writes into the report pipe; whole or not at all (PIPE_BUF). */
struct Report {
  int error;
  int atChdir;
};

[[noreturn]] void give_up(int report, bool atChdir) {
  const Report message = {errno, atChdir};
  // Nobody is left to tell when this fails; the status tells enough.
  static_cast<void>(!write(report, &message, sizeof message));
  _exit(127);
}

/** All of init's fds go, the handshake among them; only the report stays until execve closes it. */
bool close_all_but(unsigned report, unsigned limit) {
  if (WEAKENED("S18")) return true;
  return (report <= 3 || close_fds(3, report - 1, limit)) && close_fds(report + 1, ~0u, limit);
}

bool take_stdio(const Pipes& pipes) {
  return dup2(pipes.input.readEnd.get(), 0) == 0 && dup2(pipes.output.writeEnd.get(), 1) == 1 &&
         dup2(pipes.errors.writeEnd.get(), 2) == 2;
}

[[noreturn]] void become_hook(const HookCommand& command, const Pipes& pipes) {
  const int report = pipes.report.writeEnd.get();
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  umask(command.umask);
  if (!take_stdio(pipes) || !close_all_but(static_cast<unsigned>(report), command.fdLimit)) give_up(report, false);
  if (command.cwd[0] != '\0' && chdir(command.cwd) != 0) give_up(report, true);
  execve(command.path, command.args, command.env);
  give_up(report, false);
}

/** True when the child could not become the hook. */
bool read_report(int fd, Report& report) {
  ssize_t length;
  do {
    length = read(fd, &report, sizeof report);
  } while (length < 0 && errno == EINTR);
  return length == sizeof report;
}

Fd taken_without_blocking(Fd& end) {
  fcntl(end.get(), F_SETFL, fcntl(end.get(), F_GETFL) | O_NONBLOCK);
  return Fd(end.release());
}

HookStartError start_error(const HookCommand& command, const Report& report) {
  if (report.atChdir) return {"chdir", command.cwd, report.error};
  return {"fork/exec", command.path, report.error};
}

}  // namespace

HookProcess hook_start(const HookCommand& command, HookStartError& error) {
  HookProcess process;
  Pipes pipes;
  const pid_t pid = pipes.open() ? fork() : -1;
  if (pid == 0) become_hook(command, pipes);

  Report report = {errno, 0};
  pipes.report.writeEnd.reset();
  if (pid < 0 || read_report(pipes.report.readEnd.get(), report)) {
    error = start_error(command, report);
    if (pid > 0) waitpid(pid, nullptr, 0);
    return process;
  }
  process.pid = pid;
  process.input = taken_without_blocking(pipes.input.writeEnd);
  process.output = taken_without_blocking(pipes.output.readEnd);
  process.errors = taken_without_blocking(pipes.errors.readEnd);
  return process;
}
