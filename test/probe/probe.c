// The probe: a static program that tells, as one JSON document, everything that a process can see of what it was given.
// Tests compare the whole document. Arguments ask for more: --stat PATH, --read PATH, --write PATH, --exit N, --signal N,
// --sleep SECONDS (after the report). --catch alone: no report, 0 and then the number of every signal that arrives.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "json.h"

extern char **environ;
static char buffer[1 << 18];

static long read_file(const char *path) {
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -1;
  long length = 0;
  for (;;) {
    long n = read(fd, buffer + length, sizeof buffer - 1 - (size_t)length);
    if (n <= 0) break;
    length += n;
  }
  close(fd);
  buffer[length] = 0;
  return length;
}

static void report_strings(const char *key, char **strings) {
  json_open(key, '[');
  for (; *strings; strings++) json_string(NULL, *strings);
  json_close(']');
}

static void report_ids(void) {
  uid_t r, e, s;
  gid_t groups[1024];
  json_open("uid", '[');
  getresuid(&r, &e, &s);
  json_number(NULL, r), json_number(NULL, e), json_number(NULL, s);
  json_close(']');
  json_open("gid", '[');
  getresgid(&r, &e, &s);
  json_number(NULL, r), json_number(NULL, e), json_number(NULL, s);
  json_close(']');
  json_open("groups", '[');
  int n = getgroups(1024, groups);
  for (int i = 0; i < n; i++) json_number(NULL, groups[i]);
  json_close(']');
}

static void report_capabilities(void) {
  struct { uint32_t version; int pid; } header = {0x20080522, 0};
  struct { uint32_t effective, permitted, inheritable; } data[2];
  memset(data, 0, sizeof data);
  syscall(SYS_capget, &header, data);
  unsigned long long bounding = 0, ambient = 0;
  for (int cap = 0; cap < 64; cap++) {
    if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1) bounding |= 1ull << cap;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1) ambient |= 1ull << cap;
  }
  json_open("capabilities", '{');
  json_mask("bounding", bounding);
  json_mask("effective", (unsigned long long)data[1].effective << 32 | data[0].effective);
  json_mask("permitted", (unsigned long long)data[1].permitted << 32 | data[0].permitted);
  json_mask("inheritable", (unsigned long long)data[1].inheritable << 32 | data[0].inheritable);
  json_mask("ambient", ambient);
  json_close('}');
}

static void report_rlimits(void) {
  json_open("rlimits", '[');
  for (int i = 0; i < 16; i++) {
    uint64_t limit[2] = {0, 0};
    syscall(SYS_prlimit64, 0, i, NULL, limit);
    json_open(NULL, '[');
    json_mask(NULL, limit[0]), json_mask(NULL, limit[1]);
    json_close(']');
  }
  json_close(']');
}

static void report_signals(void) {
  uint64_t blocked = 0, ignored = 0;
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, 8);
  for (int signal_number = 1; signal_number <= 64; signal_number++) {
    struct { void (*handler)(int); unsigned long flags; void *restorer; uint64_t mask; } action;
    memset(&action, 0, sizeof action);
    if (syscall(SYS_rt_sigaction, signal_number, NULL, &action, 8) == 0 && action.handler == SIG_IGN)
      ignored |= 1ull << (signal_number - 1);
  }
  json_open("signals", '{');
  json_mask("blocked", blocked), json_mask("ignored", ignored);
  json_close('}');
}

static void report_scheduling(void) {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attributes;
  memset(&attributes, 0, sizeof attributes);
  syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0);
  json_open("scheduler", '{');
  json_number("policy", attributes.policy), json_number("nice", attributes.nice), json_number("priority", attributes.priority);
  json_mask("flags", attributes.flags);
  json_mask("runtime", attributes.runtime), json_mask("deadline", attributes.deadline), json_mask("period", attributes.period);
  json_number("ioprio", syscall(SYS_ioprio_get, 1, 0));
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  json_open("affinity", '[');
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &set)) json_number(NULL, cpu);
  json_close(']');
  int mode = -1;
  unsigned long nodes[16];
  memset(nodes, 0, sizeof nodes);
  syscall(SYS_get_mempolicy, &mode, nodes, sizeof nodes * 8, NULL, 0);
  json_number("mempolicy", mode), json_mask("mempolicyNodes", nodes[0]);
  json_close('}');
}

static void report_attributes(void) {
  json_open("attributes", '{');
  json_number("noNewPrivs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  json_number("dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
  json_number("securebits", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
  json_number("keepCapabilities", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
  json_number("timerSlack", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
  json_number("thpDisable", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
  json_number("seccomp", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
  int value = 0;
  prctl(PR_GET_PDEATHSIG, &value, 0, 0, 0), json_number("parentDeathSignal", value);
  value = 0;
  prctl(PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0), json_number("childSubreaper", value);
  json_number("personality", personality(0xffffffff));
  json_number("secure", (long long)getauxval(AT_SECURE));
  mode_t mask = umask(0);
  umask(mask);
  json_number("umask", mask);
  json_number("sessionLeader", getsid(0) == getpid());
  json_number("groupLeader", getpgrp() == getpid());
  json_number("pid", getpid()), json_number("ppid", getppid());
  int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  json_number("controllingTerminal", tty >= 0);
  if (tty >= 0) close(tty);
  long serial = syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3 /* session */, 0);
  long n = serial < 0 ? -1 : syscall(SYS_keyctl, 6 /* KEYCTL_DESCRIBE */, serial, buffer, sizeof buffer);
  json_string("sessionKeyring", n > 0 ? buffer : "");
  json_close('}');
}

static void report_uts(void) {
  struct utsname names;
  uname(&names);
  json_string("hostname", names.nodename), json_string("domainname", names.domainname), json_string("machine", names.machine);
}

static void report_clocks(void) {
  struct timespec monotonic, boottime;
  clock_gettime(CLOCK_MONOTONIC, &monotonic), clock_gettime(CLOCK_BOOTTIME, &boottime);
  json_open("clocks", '{');
  json_number("monotonic", monotonic.tv_sec), json_number("boottime", boottime.tv_sec);
  json_close('}');
}

static void report_lines(const char *key, const char *path) {
  json_open(key, '[');
  if (read_file(path) >= 0)
    for (char *line = strtok(buffer, "\n"); line; line = strtok(NULL, "\n")) json_string(NULL, line);
  json_close(']');
}

static void report_links(const char *key, const char *directory) {
  static const char *names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts", NULL};
  json_open(key, '{');
  for (const char **name = names; *name; name++) {
    char path[256], target[256];
    snprintf(path, sizeof path, "%s/%s", directory, *name);
    long n = readlink(path, target, sizeof target - 1);
    if (n < 0) continue;
    target[n] = 0;
    json_string(*name, target);
  }
  json_close('}');
}

static void report_fds(void) {
  json_open("fds", '[');
  for (int fd = 0; fd < 1024; fd++) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) continue;
    struct stat status;
    fstat(fd, &status);
    json_open(NULL, '{');
    json_number("fd", fd), json_number("flags", flags), json_number("closeOnExec", fcntl(fd, F_GETFD));
    json_number("type", status.st_mode & S_IFMT), json_number("uid", status.st_uid);
    if (S_ISCHR(status.st_mode)) json_number("major", major(status.st_rdev)), json_number("minor", minor(status.st_rdev));
    json_close('}');
  }
  json_close(']');
}

static void report_stat(const char *path) {
  struct stat status;
  char target[4096];
  json_open(NULL, '{');
  json_string("path", path);
  if (lstat(path, &status) < 0) {
    json_number("error", errno);
  } else {
    json_number("mode", status.st_mode), json_number("uid", status.st_uid), json_number("gid", status.st_gid);
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
      json_number("major", major(status.st_rdev)), json_number("minor", minor(status.st_rdev));
    if (S_ISREG(status.st_mode)) json_number("size", status.st_size);
    long n = S_ISLNK(status.st_mode) ? readlink(path, target, sizeof target - 1) : -1;
    if (n >= 0) target[n] = 0, json_string("target", target);
  }
  json_close('}');
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void report_directory(const char *key, const char *directory) {
  char *names[4096];
  int count = 0;
  json_open(key, '[');
  DIR *stream = opendir(directory);
  for (struct dirent *entry; stream && (entry = readdir(stream)) && count < 4096;)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) names[count++] = strdup(entry->d_name);
  if (stream) closedir(stream);
  qsort(names, (size_t)count, sizeof *names, by_name);
  for (int i = 0; i < count; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, names[i]);
    report_stat(path);
  }
  json_close(']');
}

static void report_read(const char *path) {
  json_open(NULL, '{');
  json_string("path", path);
  if (read_file(path) < 0) json_number("error", errno);
  else json_string("text", buffer);
  json_close('}');
}

// What happens to a write is told by errno; the text itself is empty, so that nothing is changed where it is allowed.
static void report_write(const char *path) {
  json_open(NULL, '{');
  json_string("path", path);
  int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  json_number("error", fd < 0 ? errno : 0);
  if (fd >= 0) close(fd);
  json_close('}');
}

static void report_create(const char *path) {
  json_open(NULL, '{');
  json_string("path", path);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  json_number("error", fd < 0 ? errno : 0);
  if (fd >= 0) close(fd), unlink(path);
  json_close('}');
}

static void report_asked(char **argv, const char *option, const char *key, void (*report)(const char *)) {
  json_open(key, '[');
  for (char **word = argv + 1; *word; word++)
    if (strcmp(*word, option) == 0 && word[1]) report(word[1]);
  json_close(']');
}

static long asked(char **argv, const char *option, long otherwise) {
  for (char **word = argv + 1; *word; word++)
    if (strcmp(*word, option) == 0 && word[1]) return atol(word[1]);
  return otherwise;
}

static void report(char **argv) {
  json_open(NULL, '{');
  report_fds();
  report_strings("args", argv);
  report_strings("env", environ);
  json_string("cwd", getcwd(buffer, sizeof buffer) ? buffer : "");
  report_ids();
  report_capabilities();
  report_rlimits();
  report_signals();
  report_scheduling();
  report_attributes();
  report_uts();
  report_clocks();
  report_links("namespaces", "/proc/self/ns");
  report_lines("cgroup", "/proc/self/cgroup");
  report_lines("mountinfo", "/proc/self/mountinfo");
  report_lines("oomScoreAdj", "/proc/self/oom_score_adj");
  report_lines("timensOffsets", "/proc/self/timens_offsets");
  report_lines("networkDevices", "/proc/net/dev");
  report_directory("root", "/");
  report_directory("dev", "/dev");
  report_asked(argv, "--stat", "stat", report_stat);
  report_asked(argv, "--read", "read", report_read);
  report_asked(argv, "--write", "write", report_write);
  report_asked(argv, "--create", "create", report_create);
  json_close('}');
  putchar('\n');
  fflush(stdout);
}

// Tells of every signal that arrives, for ever. Blocked ones wait to be fetched, whatever their default is; past the C library,
// which keeps some for itself.
static void catch_signals(void) {
  uint64_t all = ~0ull;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
  for (long number = 0;; number = syscall(SYS_rt_sigtimedwait, &all, NULL, NULL, sizeof all)) {
    printf("%ld\n", number);
    fflush(stdout);
  }
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--catch") == 0) catch_signals();
  report(argv);
  long seconds = asked(argv, "--sleep", 0);
  if (seconds) sleep((unsigned)seconds);
  long signal_number = asked(argv, "--signal", 0);
  if (signal_number) raise((int)signal_number);
  return (int)asked(argv, "--exit", 0);
}
