// The floor: what bundle b1 asks of the kernel and nothing else, by the calls themselves. Nothing is parsed, written to disk,
// locked, checked or reported; a runtime cannot be faster than this, only approach it. What it makes is fixed here and follows
// what `runc spec` writes on a host with cgroup v1; the benchmark compares what the container sees with that config.
//
// usage: floor ID ROOTFS HIERARCHY=DIRECTORY… -- PROGRAM ARGUMENT…
// HIERARCHY: name of a cgroup v1 hierarchy; DIRECTORY: where in it the container's cgroup ID is made
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { max_cgroups = 32 };

struct cgroup {
  const char* hierarchy;
  const char* parent;
  char path[512];
};

struct node {
  const char* path;
  unsigned major;
  unsigned minor;
};

static struct cgroup cgroups[max_cgroups];
static int cgroup_count;

static const struct node nodes[] = {
    {"dev/null", 1, 3}, {"dev/zero", 1, 5}, {"dev/full", 1, 7}, {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0},
};
static const char* const links[][2] = {
    {"/proc/self/fd", "dev/fd"},
    {"/proc/self/fd/0", "dev/stdin"},
    {"/proc/self/fd/1", "dev/stdout"},
    {"/proc/self/fd/2", "dev/stderr"},
    {"pts/ptmx", "dev/ptmx"},
};
static const char* const device_rules[] = {
    "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm",
};
static const char* const masked[] = {
    "/proc/acpi",       "/proc/asound",      "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
};
static const char* const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
static const unsigned long capabilities = 1UL << CAP_AUDIT_WRITE | 1UL << CAP_KILL | 1UL << CAP_NET_BIND_SERVICE;

#define COUNT(list) (int)(sizeof(list) / sizeof *(list))

static void stop(const char* what) {
  dprintf(2, "floor: %s: %s\n", what, strerror(errno));
  _exit(1);
}

static void must(long result, const char* what) {
  if (result < 0) stop(what);
}

static void put(const char* folder, const char* name, const char* value, size_t length) {
  char path[640];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int file = open(path, O_WRONLY | O_CLOEXEC);
  must(file, path);
  must(write(file, value, length), path);
  close(file);
}

// A new cpuset is empty, and nothing may join it before it has processors and memory.
static void inherit(const struct cgroup* cgroup, const char* name) {
  char path[640];
  char value[256];
  snprintf(path, sizeof path, "%s/%s", cgroup->parent, name);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  must(file, path);
  ssize_t length = read(file, value, sizeof value);
  must(length, path);
  close(file);
  put(cgroup->path, name, value, (size_t)length);
}

static void allow_devices(const struct cgroup* cgroup) {
  char path[640];
  snprintf(path, sizeof path, "%s/devices.allow", cgroup->path);
  int file = open(path, O_WRONLY | O_CLOEXEC);
  must(file, path);
  for (int i = 0; i < COUNT(device_rules); i++) must(write(file, device_rules[i], strlen(device_rules[i])), path);
  close(file);
}

static void make_cgroup(const struct cgroup* cgroup) {
  must(mkdir(cgroup->path, 0755), cgroup->path);
  if (strcmp(cgroup->hierarchy, "cpuset") == 0) {
    inherit(cgroup, "cpuset.cpus");
    inherit(cgroup, "cpuset.mems");
  }
  if (strcmp(cgroup->hierarchy, "devices") == 0) {
    put(cgroup->path, "devices.deny", "a", 1);
    allow_devices(cgroup);
  }
}

static void remove_cgroup(const struct cgroup* cgroup) {
  while (rmdir(cgroup->path) < 0) {
    if (errno != EBUSY) stop(cgroup->path);
    usleep(100);
  }
}

static void mount_cgroups(void) {
  unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;
  must(mount("tmpfs", "sys/fs/cgroup", "tmpfs", flags, "mode=755"), "tmpfs on sys/fs/cgroup");
  for (int i = 0; i < cgroup_count; i++) {
    char target[128];
    snprintf(target, sizeof target, "sys/fs/cgroup/%s", cgroups[i].hierarchy);
    must(mkdir(target, 0755), target);
    must(mount(cgroups[i].path, target, NULL, MS_BIND, NULL), target);
    must(mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_RELATIME | flags, NULL), target);
  }
  must(mount(NULL, "sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL), "sys/fs/cgroup");
}

static void mount_all(const char* rootfs) {
  must(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "/");
  must(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), rootfs);
  must(chdir(rootfs), rootfs);
  must(mount("proc", "proc", "proc", 0, NULL), "proc");
  must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"), "dev");
  must(mkdir("dev/pts", 0755), "dev/pts");
  must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"), "dev/pts");
  must(mkdir("dev/shm", 0755), "dev/shm");
  must(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k"), "dev/shm");
  must(mkdir("dev/mqueue", 0755), "dev/mqueue");
  must(mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL), "dev/mqueue");
  must(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL), "sys");
  mount_cgroups();
}

static void make_dev(void) {
  for (int i = 0; i < COUNT(nodes); i++) {
    must(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), nodes[i].path);
  }
  for (int i = 0; i < COUNT(links); i++) must(symlink(links[i][0], links[i][1]), links[i][1]);
}

static void enter_root(void) {
  must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  must(umount2(".", MNT_DETACH), "umount2");
  must(chdir("/"), "chdir");
}

static void hide_paths(void) {
  for (int i = 0; i < COUNT(masked); i++) {
    if (mount("/dev/null", masked[i], NULL, MS_BIND, NULL) == 0 || errno == ENOENT) continue;
    if (errno != ENOTDIR) stop(masked[i]);
    must(mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, NULL), masked[i]);
  }
  for (int i = 0; i < COUNT(readonly); i++) {
    if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) < 0) {
      if (errno != ENOENT) stop(readonly[i]);
      continue;
    }
    must(mount(NULL, readonly[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), readonly[i]);
  }
  must(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "/");
}

static void limit_process(void) {
  struct rlimit files = {1024, 1024};
  must(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
  for (int number = 0; number <= CAP_LAST_CAP; number++) {
    if (!(capabilities >> number & 1)) must(prctl(PR_CAPBSET_DROP, number, 0, 0, 0), "PR_CAPBSET_DROP");
  }
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {
      {(unsigned)capabilities, (unsigned)capabilities, 0},
      {(unsigned)(capabilities >> 32), (unsigned)(capabilities >> 32), 0},
  };
  must(syscall(SYS_capset, &header, data), "capset");
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
}

static void become_container(const char* rootfs, char** program) {
  // "0" in tasks is this thread itself: no grace period to wait for, unlike another's pid in cgroup.procs.
  for (int i = 0; i < cgroup_count; i++) put(cgroups[i].path, "tasks", "0", 1);
  must(setsid(), "setsid");
  must(sethostname("runc", 4), "sethostname");
  mount_all(rootfs);
  make_dev();
  umask(022);
  enter_root();
  hide_paths();
  limit_process();
  char* environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", NULL};
  execve(program[0], program, environment);
  stop(program[0]);
}

static void read_cgroup(char* argument, const char* id) {
  char* equals = strchr(argument, '=');
  if (!equals || cgroup_count == max_cgroups) stop(argument);
  *equals = 0;
  struct cgroup* cgroup = &cgroups[cgroup_count++];
  cgroup->hierarchy = argument;
  cgroup->parent = equals + 1;
  snprintf(cgroup->path, sizeof cgroup->path, "%s/%s", cgroup->parent, id);
}

int main(int count, char** arguments) {
  int next = 3;
  for (; next < count && strcmp(arguments[next], "--") != 0; next++) read_cgroup(arguments[next], arguments[1]);
  if (next + 1 >= count) {
    fprintf(stderr, "usage: floor ID ROOTFS HIERARCHY=DIRECTORY... -- PROGRAM ARGUMENT...\n");
    return 2;
  }
  umask(0);
  for (int i = 0; i < cgroup_count; i++) make_cgroup(&cgroups[i]);
  struct clone_args clone = {
      .flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_VFORK,
      .exit_signal = SIGCHLD,
  };
  long pid = syscall(SYS_clone3, &clone, sizeof clone);
  must(pid, "clone3");
  if (pid == 0) become_container(arguments[2], arguments + next + 1);
  int status;
  must(waitpid((pid_t)pid, &status, 0), "waitpid");
  for (int i = 0; i < cgroup_count; i++) remove_cgroup(&cgroups[i]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
