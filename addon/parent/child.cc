#include "child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>

#include "kernel/weakened.h"
#include "raw_syscall.h"

namespace noci {
namespace {

constexpr int kSignals = 64;
/** RLIMIT_NOFILE of getrlimit(2) */
constexpr long kNofile = 7;

/** rt_sigaction(2) takes the kernel's structure: all zero is SIG_DFL. */
struct KernelSigaction {
  unsigned long words[4];
};

[[noreturn]] void give_up(Child& child, const char* syscall, long result) {
  child.failure = {syscall, static_cast<int>(-result)};
  if (child.report >= 0) raw_syscall(SYS_write, child.report, raw_pointer(&child.failure), sizeof child.failure);
  for (;;) raw_syscall(SYS_exit_group, 127);
}

long must(Child& child, const char* syscall, long result) {
  if (result < 0) give_up(child, syscall, result);
  return result;
}

/**
 * Here and nowhere else, for init and by way of it for the container: execve(2) resets what is caught but not what is
 * ignored, be it by the caller of the runtime (nohup) or by Node.js (SIGPIPE, SIGXFSZ). signal(7)
 */
void default_signals() {
  const KernelSigaction standard = {};
  for (int number = 1; number <= kSignals; number++) {
    raw_syscall(SYS_rt_sigaction, number, raw_pointer(&standard), 0, kSignalSetSize);
  }
}

void unblock_signals() {
  const uint64_t none = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, raw_pointer(&none), 0, kSignalSetSize);
}

/** First all of them out of the way, then each to its place: a target may be a source that is still needed. */
void place_fds(Child& child) {
  const long count = static_cast<long>(child.fds.size());
  int* const own[] = {&child.executable, &child.report};
  const auto away = [&](int fd) {
    return static_cast<int>(must(child, "fcntl", raw_syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, count + 2)));
  };
  for (int& fd : child.fds) fd = away(fd);
  for (int* fd : own) {
    if (*fd >= 0) *fd = away(*fd);
  }
  long place = count;
  for (int* fd : own) {
    if (*fd >= 0) *fd = static_cast<int>(must(child, "dup3", raw_syscall(SYS_dup3, *fd, place++, O_CLOEXEC)));
  }
  for (long target = 0; target < count; target++) {
    must(child, "dup3", raw_syscall(SYS_dup3, child.fds[static_cast<size_t>(target)], target, 0));
  }
  // Not CLOSE_RANGE_CLOEXEC: whatever another thread of the host opened meanwhile must be gone before the exec.
  if (WEAKENED("S03") || WEAKENED("S18")) return;
  must(child, "close_range", raw_syscall(SYS_close_range, place, ~0U, 0));
}

[[noreturn]] void run_program(Child& child) {
  const long arguments = raw_pointer(child.arguments.data());
  const long environment = raw_pointer(child.environment.data());
  if (child.executable < 0) {
    give_up(child, "fork/exec", raw_syscall(SYS_execve, raw_pointer(child.path), arguments, environment));
  }
  give_up(child, "execveat", raw_syscall(SYS_execveat, child.executable, raw_pointer(""), arguments, environment, AT_EMPTY_PATH));
}

/** prlimit(2); the C library's names differ between those of 32 and 64 bits. */
struct Limit {
  uint64_t soft;
  uint64_t hard;
};

/** After all fds have their places: the limit is about their numbers. One above the hard limit is not to be had. */
void restore_nofile(Child& child) {
  if (!child.nofile) return;
  Limit limit = {};
  must(child, "prlimit", raw_syscall(SYS_prlimit64, 0, kNofile, 0, raw_pointer(&limit)));
  limit.soft = *child.nofile < limit.hard ? *child.nofile : limit.hard;
  must(child, "prlimit", raw_syscall(SYS_prlimit64, 0, kNofile, raw_pointer(&limit), 0));
}

/** capget(2); the kernel's header is not on the path of every C library. */
struct CapabilityHeader {
  uint32_t version;
  int pid;
};
struct CapabilitySet {
  uint32_t effective;
  uint32_t permitted;
  uint32_t inheritable;
};
/** _LINUX_CAPABILITY_VERSION_3: two sets of 32 bits each, Linux 2.6.26 */
constexpr uint32_t kCapabilityVersion = 0x20080522;

/**
 * The id maps of a new user namespace are written only when the child waits, so that it executes as nobody there, and
 * an execve(2) as nobody takes every capability away but the ambient ones. Init gives these up when it is root.
 * capabilities(7)
 */
void keep_capabilities(Child& child) {
  const CapabilityHeader header = {kCapabilityVersion, 0};
  CapabilitySet sets[2] = {};
  must(child, "capget", raw_syscall(SYS_capget, raw_pointer(&header), raw_pointer(sets)));
  for (CapabilitySet& half : sets) half.inheritable = half.permitted;
  must(child, "capset", raw_syscall(SYS_capset, raw_pointer(&header), raw_pointer(sets)));
  for (long capability = 0; capability < 64; capability++) {
    // EINVAL: the kernel knows no more.
    if (raw_syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability) < 0) break;
  }
}

/**
 * A parent that was killed before PR_SET_PDEATHSIG sends no signal. Init sees that its socket is closed; a program would run
 * on. 0 is a parent in another pid namespace (unshare(2) of a caller).
 */
bool orphaned(const Child& child) {
  const long parent = raw_syscall(SYS_getppid);
  return parent != 0 && parent != child.parent;
}

}  // namespace

void child_main(void* argument) {
  Child& child = *static_cast<Child*>(argument);
  if (!WEAKENED("S69")) default_signals();
  must(child, "prctl", raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL));
  if (child.group && orphaned(child)) give_up(child, "getppid", -ESRCH);
  if (child.group) must(child, "setpgid", raw_syscall(SYS_setpgid, 0, 0));
  if (child.directory[0] != '\0') must(child, "chdir", raw_syscall(SYS_chdir, raw_pointer(child.directory)));
  if (child.user_namespace) keep_capabilities(child);
  place_fds(child);
  restore_nofile(child);
  if (!WEAKENED("S69")) unblock_signals();
  run_program(child);
}

}  // namespace noci
