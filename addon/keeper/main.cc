// Between a program that uses the library and a container: the parent of the container's first process, which alone is told how it
// ended. `noci create` is its child and goes; init then becomes its child, since it is a subreaper (PR_SET_CHILD_SUBREAPER of
// prctl(2)); the program itself, whose children are its own affair, is not made one.
//
//   noci-keeper PROGRAM ARGUMENT…     fds 0 to 3 are PROGRAM's, 4 is what is said on
//
// It says a line for each child that ends, the program first of all by its pid when it starts:
//
//   start PID | exit PID STATUS | signal PID NUMBER | error ERRNO
//
// and ends with the last of them. SIGTERM kills the program when that has not ended yet, and nothing else.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kernel/set_user_id.h"

extern char** environ;

namespace {

constexpr int kFailure = 1;
constexpr int kReport = 4;

/** In one write: the line is there in whole or not at all. Nobody may be listening any more. */
void say(const char* word, int first, int second = -1) {
  char line[64];
  const int length = second < 0 ? snprintf(line, sizeof line, "%s %d\n", word, first)
                                : snprintf(line, sizeof line, "%s %d %d\n", word, first, second);
  if (length > 0 && write(kReport, line, static_cast<size_t>(length)) < 0) return;
}

pid_t start(char** arguments) {
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, arguments[0], nullptr, &attributes, arguments, environ);
  if (error == 0) return pid;
  say("error", error);
  _exit(kFailure);
}

/** Every child that has ended. False: there is none any more. */
bool reap(pid_t& program) {
  for (;;) {
    int status;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid == 0) return true;
    if (pid < 0) return false;
    if (WIFSIGNALED(status)) say("signal", pid, WTERMSIG(status));
    else say("exit", pid, WEXITSTATUS(status));
    if (pid == program) program = -1;
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2 || kernel::is_set_user_id()) return kFailure;
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGPIPE);
  if (sigprocmask(SIG_BLOCK, &awaited, nullptr) != 0) return kFailure;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || fcntl(kReport, F_SETFD, FD_CLOEXEC) != 0) return kFailure;
  pid_t program = start(arguments + 1);
  say("start", program);
  // They are the container's: what it has closed has to be closed.
  for (int fd = 0; fd < kReport; fd++) close(fd);
  while (reap(program)) {
    if (sigwaitinfo(&awaited, nullptr) == SIGTERM && program > 0) kill(program, SIGKILL);
  }
  return 0;
}
