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

long clone_child(const Launch& launch, Child& child, Departure& departure, int& pidfd) {
  // One is enough: the parent waits until the child has left it.
  alignas(16) static char stack[kStackSize];
  CloneArguments args = {};
  args.flags = launch.namespaces | CLONE_VM | CLONE_CHILD_CLEARTID | CLONE_PIDFD;
  args.child_tid = departure.address();
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

void reap(int pidfd) {
  siginfo_t info;
  retry([&] { return waitid(static_cast<idtype_t>(kPidfd), static_cast<id_t>(pidfd), &info, WEXITED); });
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
              (launch.namespaces & CLONE_NEWUSER) != 0};
  keep_exit_statuses();
  int number = -1;
  Departure departure;
  const long pid = clone_child(launch, child, departure, number);
  if (pid < 0) fail_with("clone3", static_cast<int>(-pid));
  Fd pidfd(number);
  wait_for(departure, launch.timeout, number);
  if (child.failed_syscall == nullptr) return {static_cast<pid_t>(pid), std::move(pidfd)};
  reap(number);
  const bool about_directory = std::string(child.failed_syscall) == "chdir";
  fail_with(child.failed_syscall, child.error, about_directory ? launch.directory : launch.path);
}

}  // namespace noci
