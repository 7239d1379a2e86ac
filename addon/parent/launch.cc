#include "launch.h"

#include <fcntl.h>
#include <sched.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "clone3.h"
#include "raw_syscall.h"
#include "retry.h"
#include "system_error.h"

namespace noci {
namespace {

constexpr size_t kStackSize = 32 << 10;
/** waitid(2), Linux 5.4 */
constexpr int kPidfd = 3;
/** bytes of the kernel's sigset_t */
constexpr long kSignalSetSize = 8;
constexpr int kSignals = 64;

/**
 * All that the child needs, laid out by the parent: after the clone nobody allocates. The child's errors come back in
 * it, since the memory is shared.
 */
struct Child {
  std::vector<int> fds;
  int executable;
  const char* path;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* directory;
  bool group;
  bool userNamespace;

  const char* failed_syscall = nullptr;
  int error = 0;
};

/** rt_sigaction(2) takes the kernel's structure: all zero is SIG_DFL. */
struct KernelSigaction {
  unsigned long words[4];
};

[[noreturn]] void give_up(Child& child, const char* syscall, long result) {
  child.failed_syscall = syscall;
  child.error = static_cast<int>(-result);
  for (;;) raw_syscall(SYS_exit_group, 127);
}

long must(Child& child, const char* syscall, long result) {
  if (result < 0) give_up(child, syscall, result);
  return result;
}

/** execve(2) resets what is caught but not what is ignored, and Node.js ignores SIGPIPE and SIGXFSZ. */
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
  for (int& fd : child.fds) {
    fd = static_cast<int>(must(child, "fcntl", raw_syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, count + 1)));
  }
  if (child.executable >= 0) {
    const long away = must(child, "fcntl", raw_syscall(SYS_fcntl, child.executable, F_DUPFD_CLOEXEC, count + 1));
    must(child, "dup3", raw_syscall(SYS_dup3, away, count, O_CLOEXEC));
  }
  for (long target = 0; target < count; target++) {
    must(child, "dup3", raw_syscall(SYS_dup3, child.fds[static_cast<size_t>(target)], target, 0));
  }
  // Not CLOSE_RANGE_CLOEXEC: whatever another thread of the host opened meanwhile must be gone before the exec.
  const long first_closed = child.executable >= 0 ? count + 1 : count;
  must(child, "close_range", raw_syscall(SYS_close_range, first_closed, ~0U, 0));
}

[[noreturn]] void run_program(Child& child) {
  const long arguments = raw_pointer(child.arguments.data());
  const long environment = raw_pointer(child.environment.data());
  if (child.executable < 0) {
    give_up(child, "fork/exec", raw_syscall(SYS_execve, raw_pointer(child.path), arguments, environment));
  }
  const long fd = static_cast<long>(child.fds.size());
  give_up(child, "execveat", raw_syscall(SYS_execveat, fd, raw_pointer(""), arguments, environment, AT_EMPTY_PATH));
}

/**
 * The id maps of a new user namespace are written only when the child waits, so that it executes as nobody there, and an
 * execve(2) as nobody takes every capability away but the ambient ones. Init gives these up when it is root. capabilities(7)
 */
void keep_capabilities(Child& child) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  must(child, "capget", raw_syscall(SYS_capget, raw_pointer(&header), raw_pointer(sets)));
  for (__user_cap_data_struct& half : sets) half.inheritable = half.permitted;
  must(child, "capset", raw_syscall(SYS_capset, raw_pointer(&header), raw_pointer(sets)));
  for (long capability = 0; capability < 64; capability++) {
    // EINVAL: the kernel knows no more.
    if (raw_syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) break;
  }
}

void child_main(void* argument) {
  Child& child = *static_cast<Child*>(argument);
  default_signals();
  must(child, "prctl", raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL));
  if (child.group) must(child, "setpgid", raw_syscall(SYS_setpgid, 0, 0));
  if (child.directory[0] != '\0') must(child, "chdir", raw_syscall(SYS_chdir, raw_pointer(child.directory)));
  if (child.userNamespace) keep_capabilities(child);
  place_fds(child);
  unblock_signals();
  run_program(child);
}

/**
 * Every signal, those of the C library's own included: a handler of the host must not run in the child, which shares
 * its memory.
 */
class SignalsBlocked {
 public:
  SignalsBlocked() {
    const uint64_t all = ~uint64_t{0};
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, raw_pointer(&all), raw_pointer(&before_), kSignalSetSize);
  }
  ~SignalsBlocked() { raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, raw_pointer(&before_), 0, kSignalSetSize); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  uint64_t before_ = 0;
};

std::vector<char*> vector_of(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/**
 * With SIGCHLD ignored, as a caller may have left it, the kernel reaps children by itself and their status is lost.
 * waitid(2)
 */
void keep_exit_statuses() {
  struct sigaction action;
  if (sigaction(SIGCHLD, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) signal(SIGCHLD, SIG_DFL);
}

long clone_child(const Launch& launch, Child& child, int& pidfd) {
  // One is enough: the parent waits until the child has left it.
  alignas(16) static char stack[kStackSize];
  CloneArguments args = {};
  args.flags = launch.namespaces | CLONE_VM | CLONE_VFORK | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  args.stack = reinterpret_cast<uint64_t>(stack);
  args.stack_size = sizeof stack;
  if (launch.cgroup >= 0) {
    args.flags |= kCloneIntoCgroup;
    args.cgroup = static_cast<uint64_t>(launch.cgroup);
  }
  const SignalsBlocked blocked;
  return clone3_onto_stack(args, child_main, &child);
}

}  // namespace

Launched launch(const Launch& launch) {
  if (syscall(SYS_gettid) != getpid()) refuse("clone3", "a process is started by the main thread only");
  Child child{launch.fds,
              launch.executable,
              launch.path.c_str(),
              vector_of(launch.arguments),
              vector_of(launch.environment),
              launch.directory.c_str(),
              launch.group,
              (launch.namespaces & CLONE_NEWUSER) != 0};
  keep_exit_statuses();
  int number = -1;
  const long pid = clone_child(launch, child, number);
  if (pid < 0) fail_with("clone3", static_cast<int>(-pid));
  Fd pidfd(number);
  if (child.failed_syscall == nullptr) return {static_cast<pid_t>(pid), std::move(pidfd)};
  siginfo_t info;
  retry([&] { return waitid(static_cast<idtype_t>(kPidfd), static_cast<id_t>(number), &info, WEXITED); });
  const bool about_directory = std::string(child.failed_syscall) == "chdir";
  fail_with(child.failed_syscall, child.error, about_directory ? launch.directory : launch.path);
}

}  // namespace noci
