// Stands in for a runtime that an engine calls, and writes what each call took. It is found under any name and path P: the runtime is
// P.real, lines go to the end of P.calls. Small and static, so that it adds half a millisecond to a call, which counts as the engine's.
//
// A line: verb, wall time in ns, CPU in us
//
// CPU is that of the runtime and of all it waited for. What it leaves behind is the container's process (--pid-file), which did its
// set-up for the call: it is asked for the time of all its threads (/proc/PID/task/TID/schedstat). It must not become ours: engines
// expect to be its parent.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_times.h"

static void stop(const char* what) {
  fprintf(stderr, "timed: %s: %s\n", what, strerror(errno));
  exit(1);
}

// CPU time in us of the process that is left, which may have ended.
static long long cpu_of_left(const char* pid_file) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%lld/task", number_in(pid_file));
  DIR* tasks = opendir(path);
  if (!tasks) return 0;
  long long sum = 0;
  for (struct dirent* entry; (entry = readdir(tasks));) {
    char file[384];
    snprintf(file, sizeof file, "%s/%s/schedstat", path, entry->d_name);
    sum += number_in(file);
  }
  closedir(tasks);
  return sum / 1000;
}

static int is_verb(const char* word) {
  static const char* const verbs[] = {"create", "start", "exec", "kill", "delete", "state", "run", "--version"};
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(word, verbs[i]) == 0) return 1;
  }
  return 0;
}

int main(int count, char** arguments) {
  char self[4000];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) stop("/proc/self/exe");
  self[length] = 0;
  char real[4096];
  char calls[4096];
  snprintf(real, sizeof real, "%s.real", self);
  snprintf(calls, sizeof calls, "%s.calls", self);

  const char* verb = "";
  const char* pid_file = NULL;
  for (int i = 1; i < count; i++) {
    if (!*verb && is_verb(arguments[i])) verb = arguments[i];
    if (i + 1 < count && strcmp(arguments[i], "--pid-file") == 0) pid_file = arguments[i + 1];
  }

  long long begin = now();
  pid_t pid = vfork();
  if (pid < 0) stop("vfork");
  if (pid == 0) {
    execv(real, arguments);
    _exit(127);
  }
  int status;
  struct rusage usage;
  while (wait4(pid, &status, 0, &usage) < 0) {
    if (errno != EINTR) stop("wait4");
  }
  long long wall = now() - begin;
  long long cpu = cpu_of(&usage);
  if (pid_file) cpu += cpu_of_left(pid_file);

  char line[128];
  int size = snprintf(line, sizeof line, "%s\t%lld\t%lld\n", verb, wall, cpu);
  int file = open(calls, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || write(file, line, (size_t)size) != size) stop(calls);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
