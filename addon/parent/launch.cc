#include "launch.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "child.h"
#include "clone3.h"
#include "deadline.h"
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

/** Two ends of a pipe. */
struct Pipe {
  Fd reading;
  Fd writing;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  return {Fd(ends[0]), Fd(ends[1])};
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

CloneArguments on_stack(char* stack, uint64_t flags) {
  CloneArguments args = {};
  args.flags = flags;
  args.stack = reinterpret_cast<uint64_t>(stack);
  args.stack_size = kStackSize;
  return args;
}

CloneArguments arguments_for(char* stack, const Departure& departure, uint64_t flags) {
  CloneArguments args = on_stack(stack, flags | CLONE_VM | CLONE_CHILD_CLEARTID);
  args.child_tid = departure.address();
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

/** Where the wait needs no end it is the kernel's own; see {@link is_endangered}. */
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
  GoBetween between{launch.joined_types, arguments_for(stacks().child, departure, launch.namespaces | CLONE_PARENT), child,
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
[[noreturn]] void end_late(int pidfd) {
  syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  reap(pidfd);
  fail_with("clone3", ETIMEDOUT);
}

/**
 * In a cgroup without memory the kernel kills everybody who shares that of its victim (mm/oom_kill.c): the child would take us with it.
 * Only one that CLONE_VFORK waits for is spared, and nothing but a fatal signal ends that wait.
 */
bool is_endangered(const Launch& launch) { return launch.cgroup >= 0 && launch.timeout >= 0; }

/** A child with a copy of this memory. Its end of the pipe is closed by execve(2), or by its end. */
Launched launch_copy(const Launch& launch, Child& child) {
  if (!launch.joined.empty()) refuse("clone3", "in a cgroup and with a time limit no namespaces are joined");
  Pipe report = make_pipe();
  child.report = report.writing.get();
  int number = -1;
  const long pid = clone_own(launch, on_stack(stacks().child, launch.namespaces), number, child_main, &child);
  if (pid < 0) fail_with("clone3", static_cast<int>(-pid));
  Fd pidfd(number);
  report.writing = Fd();
  pollfd readable = {report.reading.get(), POLLIN, 0};
  if (!Deadline(launch.timeout).poll(&readable, 1)) end_late(number);
  ChildFailure failure;
  const ssize_t length = retry([&] { return read(report.reading.get(), &failure, sizeof failure); });
  if (length == sizeof failure) child.failure = failure;
  return {static_cast<pid_t>(pid), std::move(pidfd)};
}

/** A child in this memory, which it has left when this returns. */
Launched launch_sharing(const Launch& launch, Child& child) {
  int number = -1;
  Departure departure;
  const long pid = launch.joined.empty() ? clone_child(launch, child, departure, number)
                                         : clone_inside(launch, child, departure, number);
  if (pid < 0) fail_with("clone3", static_cast<int>(-pid));
  Fd pidfd(number);
  if (!departure.wait(launch.timeout)) end_late(number);
  return {static_cast<pid_t>(pid), std::move(pidfd)};
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
  Launched launched = is_endangered(launch) ? launch_copy(launch, child) : launch_sharing(launch, child);
  const ChildFailure& failure = child.failure;
  if (failure.syscall == nullptr) return launched;
  reap(launched.pidfd.get());
  const bool about_directory = std::string(failure.syscall) == "chdir";
  fail_with(failure.syscall, failure.error, about_directory ? launch.directory : launch.path);
}

}  // namespace noci
