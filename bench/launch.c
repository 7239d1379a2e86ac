// Starts what a job file lists and writes what each took. Everything is decided by who wrote the file; this program is small, so
// that what it adds to a measurement is too: a started process inherits the peak memory of the process that called vfork(2).
//
// usage: launch JOB RESULT
//
// JOB, fields separated by tabs:
//   sample LABEL GAP WIDTH COUNT ALIVE EXPECT
//   ARGUMENT ARGUMENT …                          COUNT lines of commands, WIDTH of them running at any time
// GAP: microseconds of idleness before the sample. ALIVE: number of processes that must be left over from earlier samples before
// the gap begins, -1 for any (a container's process needs a moment to die). EXPECT: text that stdout must hold, - for any.
//
// RESULT, a line a sample: LABEL, wall time in ns, CPU in us, peak RSS in kB, 0 or the exit status, first line of what was wrong
//
// CPU is that of the whole tree: wait4(2) tells it for each command with all descendants that it waited for; those that it left
// behind become ours (PR_SET_CHILD_SUBREAPER), the dead are reaped and the living asked (/proc/PID/schedstat). A private cpuacct
// cgroup would miss the container's process, which the runtime moves to another cgroup.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process_times.h"

enum {
  max_commands = 1024,
  max_text = 512 * 1024,
  max_arguments = 64,
  time_limit = 120,
  settle_limit = 2000,
};

struct sample {
  char label[256];
  char expect[128];
  long gap;
  int width;
  int count;
  int alive;
  char* commands[max_commands];
};

struct outcome {
  long long wall;
  long long cpu;
  long rss;
  int status;
  char problem[512];
};

static struct sample sample;
static char text[max_text];  // the lines of the sample's commands; pages of it exist once they are used
static pid_t running[max_commands];
static volatile sig_atomic_t expired;

static void stop(const char* what) {
  fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
  exit(2);
}

static void rest(long microseconds) {
  struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
  while (nanosleep(&time, &time) < 0 && errno == EINTR) {
  }
}

static void on_alarm(int number) {
  (void)number;
  expired = 1;
}

// How many children live, and the CPU time in us that they have used.
static int survivors(long long* cpu) {
  FILE* children = fopen("/proc/thread-self/children", "re");
  if (!children) stop("/proc/thread-self/children");
  int count = 0;
  int pid;
  *cpu = 0;
  while (fscanf(children, "%d", &pid) == 1) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
    *cpu += number_in(path) / 1000;
    count++;
  }
  fclose(children);
  return count;
}

// Reaps what is dead, until as many live as the sample wants.
static void settle(void) {
  for (int round = 0; round < settle_limit; round++) {
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    long long cpu;
    if (sample.alive < 0 || survivors(&cpu) <= sample.alive) return;
    rest(500);
  }
}

static int read_sample(FILE* job) {
  int fields = fscanf(job, "sample\t%255[^\t]\t%ld\t%d\t%d\t%d\t%127[^\n]\n", sample.label, &sample.gap, &sample.width,
                      &sample.count, &sample.alive, sample.expect);
  if (fields == EOF) return 0;
  errno = EINVAL;
  if (fields != 6 || sample.count < 1 || sample.count > max_commands || sample.width < 1) stop(sample.label);
  size_t used = 0;
  for (int i = 0; i < sample.count; i++) {
    sample.commands[i] = text + used;
    if (!fgets(text + used, (int)(sizeof text - used), job)) stop(sample.label);
    used += strcspn(text + used, "\n");
    text[used++] = 0;
  }
  return 1;
}

// Words of a command, cut in place.
static void split(char* command, char** words) {
  int count = 0;
  for (char* word = strtok(command, "\t"); word && count < max_arguments - 1; word = strtok(NULL, "\t")) words[count++] = word;
  words[count] = NULL;
}

static pid_t start(char* command, int input, int output, int errors) {
  char* words[max_arguments];
  split(command, words);
  pid_t pid = vfork();
  if (pid < 0) stop("vfork");
  if (pid == 0) {
    dup2(input, 0);
    dup2(output, 1);
    dup2(errors, 2);
    execv(words[0], words);
    dprintf(2, "%s: %s\n", words[0], strerror(errno));
    _exit(127);
  }
  return pid;
}

static int slot_of(pid_t pid) {
  for (int i = 0; i < sample.count; i++) {
    if (running[i] == pid) return i;
  }
  return -1;
}

// Runs all commands, never more than the width at a time.
static void run(struct outcome* outcome, int input, int output, int errors) {
  int started = 0;
  int flying = 0;
  expired = 0;
  alarm(time_limit);
  long long begin = now();
  while (started < sample.count || flying > 0) {
    if (started < sample.count && flying < sample.width && !expired) {
      running[started] = start(sample.commands[started], input, output, errors);
      started++;
      flying++;
      continue;
    }
    if (flying == 0) break;
    int status;
    struct rusage usage;
    // Waiting for any child, the kernel looks at all of them: a thousand waiting containers would be a part of every figure.
    pid_t pid = wait4(sample.count == 1 ? running[0] : -1, &status, 0, &usage);
    if (pid < 0 && errno != EINTR) stop("wait4");
    if (expired) {
      for (int i = 0; i < started; i++) {
        if (running[i] > 0) kill(running[i], SIGKILL);
      }
    }
    if (pid < 0) continue;
    outcome->cpu += cpu_of(&usage);
    int slot = slot_of(pid);
    if (slot < 0) continue;
    running[slot] = 0;
    flying--;
    if (usage.ru_maxrss > outcome->rss) outcome->rss = usage.ru_maxrss;
    if (status != 0 && outcome->status == 0) outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  outcome->wall = now() - begin;
  alarm(0);
  struct rusage usage;
  while (wait4(-1, NULL, WNOHANG, &usage) > 0) outcome->cpu += cpu_of(&usage);
}

// The line that tells the error, else the first that is not empty; without tabs.
static void first_line(int file, char* line, size_t size) {
  char content[4096];
  ssize_t length = pread(file, content, sizeof content - 1, 0);
  content[length > 0 ? length : 0] = 0;
  char* begin = strstr(content, "level=error");
  if (!begin) begin = content + strspn(content, "\n");
  begin[strcspn(begin, "\n")] = 0;
  for (char* tab = begin; (tab = strchr(tab, '\t'));) *tab = ' ';
  snprintf(line, size, "%s", begin);
}

static int holds(int file, const char* expected) {
  if (strcmp(expected, "-") == 0) return 1;
  char content[4096];
  ssize_t length = pread(file, content, sizeof content - 1, 0);
  content[length > 0 ? length : 0] = 0;
  return strstr(content, expected) != NULL;
}

static void judge(struct outcome* outcome, int output, int errors) {
  if (expired) {
    outcome->status = 124;
    snprintf(outcome->problem, sizeof outcome->problem, "did not end within %d s", time_limit);
  } else if (outcome->status != 0) {
    first_line(errors, outcome->problem, sizeof outcome->problem);
    if (!outcome->problem[0]) snprintf(outcome->problem, sizeof outcome->problem, "exit status %d", outcome->status);
  } else if (!holds(output, sample.expect)) {
    outcome->status = 125;
    snprintf(outcome->problem, sizeof outcome->problem, "stdout lacks %s", sample.expect);
  }
}

static void measure(struct outcome* outcome, int input) {
  // Files, not pipes: a container's process keeps them open after the command has ended.
  int output = memfd_create("stdout", MFD_CLOEXEC);
  int errors = memfd_create("stderr", MFD_CLOEXEC);
  if (output < 0 || errors < 0) stop("memfd_create");
  long long before;
  long long after;
  settle();
  survivors(&before);
  if (sample.gap > 0) rest(sample.gap);
  run(outcome, input, output, errors);
  survivors(&after);
  outcome->cpu += after - before;
  judge(outcome, output, errors);
  close(output);
  close(errors);
}

int main(int count, char** arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: launch JOB RESULT\n");
    return 2;
  }
  FILE* job = fopen(arguments[1], "re");
  if (!job) stop(arguments[1]);
  FILE* result = fopen(arguments[2], "we");
  if (!result) stop(arguments[2]);
  int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  struct sigaction action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &action, NULL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  while (read_sample(job)) {
    struct outcome outcome = {0};
    measure(&outcome, input);
    fprintf(result, "%s\t%lld\t%lld\t%ld\t%d\t%s\n", sample.label, outcome.wall, outcome.cpu, outcome.rss, outcome.status,
            outcome.problem);
    fflush(result);
  }
  return 0;
}
