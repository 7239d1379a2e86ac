#include "launch.h"

#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "child.h"
#include "clone3.h"
#include "departure.h"
#include "go_between.h"
#include "raw_syscall.h"
#include "retry.h"
#include "system_error.h"

namespace noci {
namespace {

constexpr size_t kStackSize = 32 << 10;
/** waitid(2), Linux 5.4 */
constexpr int kPidfd = 3;

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

/** One for each of the two that can be there at once: the parent waits until they have left them. */
struct Stacks {
  alignas(16) char child[kStackSize];
  alignas(16) char go_between[kStackSize];
};

Stacks& stacks() {
  static Stacks both;
  return both;
}

CloneArguments arguments_for(char* stack, const Departure& departure, uint64_t flags) {
  CloneArguments args = {};
  args.flags = flags | CLONE_VM | CLONE_CHILD_CLEARTID;
  args.child_tid = departure.address();
  args.stack = reinterpret_cast<uint64_t>(stack);
  args.stack_size = kStackSize;
  return args;
}

/** A child of this process, in the launch's cgroup; -errno or its pid. */
long clone_own(const Launch& launch, CloneArguments args, int& pidfd, void (*body)(void*), void* argument) {
  args.flags |= CLONE_PIDFD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  if (launch.cgroup >= 0) {
    args.flags |= kCloneIntoCgroup;
    args.cgroup = static_cast<uint64_t>(launch.cgroup);
  }
  const SignalsBlocked blocked;
  return clone3_onto_stack(args, body, argument);
}

/**
 * Where the wait needs no end it is the kernel's own: in a cgroup without memory a child that shares ours would have us killed with
 * it (mm/oom_kill.c), and only one that CLONE_VFORK is waited for is spared.
 */
long clone_child(const Launch& launch, Child& child, Departure& departure, int& pidfd) {
  const uint64_t wait = launch.timeout < 0 ? CLONE_VFORK : 0;
  return clone_own(launch, arguments_for(stacks().child, departure, launch.namespaces | wait), pidfd, child_main, &child);
}

void reap(int pidfd) {
  siginfo_t info;
  retry([&] { return waitid(static_cast<idtype_t>(kPidfd), static_cast<id_t>(pidfd), &info, WEXITED); });
}

/** The child of the go-between is this process's too, and nobody else can have its pid before it was waited for. */
long clone_inside(const Launch& launch, Child& child, Departure& departure, int& pidfd) {
  GoBetween between{launch.joined, arguments_for(stacks().child, departure, launch.namespaces | CLONE_PARENT), child,
                    launch.joined};
  Departure own;
  int number = -1;
  const long pid = clone_own(launch, arguments_for(stacks().go_between, own, 0), number, go_between_main, &between);
  if (pid < 0) return pid;
  const Fd process(number);
  own.wait(-1);
  reap(number);
  if (between.failed_index >= 0) fail_with(between.failed_syscall, between.error, std::to_string(between.failed_index));
  if (between.failed_syscall != nullptr) return -between.error;
  pidfd = static_cast<int>(syscall(SYS_pidfd_open, between.pid, 0));
  if (pidfd < 0) fail("pidfd_open");
  return between.pid;
}

/** Whoever may signal the child can stop it before it executes anything: root of the pid namespace that it is in. */
void wait_for(const Departure& departure, int timeout, int pidfd) {
  if (departure.wait(timeout)) return;
  syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  departure.wait(-1);
  reap(pidfd);
  fail_with("clone3", ETIMEDOUT);
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
              getpid(),
              launch.group,
              !launch.joined.empty() || (launch.namespaces & CLONE_NEWUSER) != 0};
  keep_exit_statuses();
  int number = -1;
  Departure departure;
  const long pid = launch.joined.empty() ? clone_child(launch, child, departure, number)
                                         : clone_inside(launch, child, departure, number);
  if (pid < 0) fail_with("clone3", static_cast<int>(-pid));
  Fd pidfd(number);
  wait_for(departure, launch.timeout, number);
  if (child.failed_syscall == nullptr) return {static_cast<pid_t>(pid), std::move(pidfd)};
  reap(number);
  const bool about_directory = std::string(child.failed_syscall) == "chdir";
  fail_with(child.failed_syscall, child.error, about_directory ? launch.directory : launch.path);
}

}  // namespace noci
