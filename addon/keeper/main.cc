// Between a program that uses the library and a container: the parent of the container's first process, which alone is told how it
// ended. `noci create` is its child and goes; init then becomes its child, since it is a subreaper (PR_SET_CHILD_SUBREAPER of
// prctl(2)); the program itself, whose children are its own affair, is not made one.
//
//   noci-keeper FOLDER COUNT UNDO… PROGRAM ARGUMENT…     fds 0 to 3 are PROGRAM's, 4 is what is said on
//
// It says a line for each child that ends, the program first of all by its pid when it starts:
//
//   start PID | exit PID STATUS | signal PID NUMBER | error ERRNO
//
// and ends with the last of them. SIGTERM kills the program when that has not ended yet, and nothing else.
//
// When the program has ended and nobody listens any more (who asked for a container has been killed, or the worker thread that did has
// been terminated), FOLDER is removed with the files that `noci create` leaves in it, and the container by UNDO, a command of COUNT words:
// nobody knows of it.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kernel/set_user_id.h"

extern char** environ;

namespace {

constexpr int kFailure = 1;
constexpr int kReport = 4;

/** What is made by the program, and the program itself until it has ended. */
struct Creation {
  const char* folder;
  char** undo;
  pid_t program;
};

/** In one write: the line is there in whole or not at all. False: nobody listens any more. */
bool say(const char* word, int first, int second = -1) {
  char line[64];
  const int length = second < 0 ? snprintf(line, sizeof line, "%s %d\n", word, first)
                                : snprintf(line, sizeof line, "%s %d %d\n", word, first, second);
  return write(kReport, line, static_cast<size_t>(length)) == length;
}

int spawn(pid_t& pid, char** arguments, const posix_spawn_file_actions_t* actions) {
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  return posix_spawn(&pid, arguments[0], actions, &attributes, arguments, environ);
}

pid_t start(char** arguments) {
  pid_t pid = -1;
  const int error = spawn(pid, arguments, nullptr);
  if (error == 0) return pid;
  say("error", error);
  _exit(kFailure);
}

void remove_folder(const char* folder) {
  static const char* const names[] = {"pid", "console"};
  for (const char* const name : names) {
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
  }
  rmdir(folder);
}

/** Its words go nowhere: stdout and stderr are the container's, and perhaps a terminal. */
void undo(char** words) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int fd = 0; fd < 3; fd++) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  pid_t pid;
  spawn(pid, words, &actions);
}

/** Every child that has ended. False: there is none any more. */
bool reap(Creation& creation) {
  for (;;) {
    int status;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid == 0) return true;
    if (pid < 0) return false;
    const bool heard = WIFSIGNALED(status) ? say("signal", pid, WTERMSIG(status)) : say("exit", pid, WEXITSTATUS(status));
    if (pid != creation.program) continue;
    creation.program = -1;
    if (heard) continue;
    remove_folder(creation.folder);
    // one that has failed has made none, and another's may have the same id
    if (status == 0) undo(creation.undo);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const int words = count < 4 ? 0 : atoi(arguments[2]);
  if (words < 1 || count < 4 + words || kernel::is_set_user_id()) return kFailure;
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGPIPE);
  if (sigprocmask(SIG_BLOCK, &awaited, nullptr) != 0) return kFailure;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || fcntl(kReport, F_SETFD, FD_CLOEXEC) != 0) return kFailure;
  Creation creation = {.folder = arguments[1], .undo = arguments + 3, .program = start(arguments + 3 + words)};
  creation.undo[words] = nullptr;
  say("start", creation.program);
  // They are the container's: what it has closed has to be closed.
  for (int fd = 0; fd < kReport; fd++) close(fd);
  while (reap(creation)) {
    if (sigwaitinfo(&awaited, nullptr) == SIGTERM && creation.program > 0) kill(creation.program, SIGKILL);
  }
  return 0;
}
