#include "signal_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "system_error.h"

namespace noci {
namespace {

int pipe_ends[2] = {-1, -1};

/** By kill(2) and its kin, and not by the kernel for what this process has done. sigaction(2) */
bool is_sent(const siginfo_t& info) { return info.si_code <= 0; }

void put(int number) {
  const auto byte = static_cast<unsigned char>(number);
  // Full means that 64 KiB of signals wait to be read; signals of one kind merge anyway (signal(7)).
  [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &byte, 1);
}

/** Returning would bring a fault again; the process ends as it would have without a handler. */
void put_or_end(int number, const siginfo_t& info) {
  if (is_sent(info)) return put(number);
  signal(number, SIG_DFL);
  raise(number);
}

/** A terminal's driver stops who reads or writes it in the background, and would again. */
void put_or_stop(int number, const siginfo_t& info) {
  if (is_sent(info)) put(number);
  else raise(SIGSTOP);
}

/** A write of this process's own to who has gone: the error of that write(2) says it. */
void put_of_others(int number, const siginfo_t& info) {
  if (info.si_pid != getpid()) put(number);
}

void take(int number, const siginfo_t& info) {
  switch (number) {
    case SIGILL:
    case SIGTRAP:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGSYS:
      return put_or_end(number, info);
    case SIGTTIN:
    case SIGTTOU:
      return put_or_stop(number, info);
    case SIGPIPE:
      return put_of_others(number, info);
    default:
      return put(number);
  }
}

extern "C" void take_signal(int number, siginfo_t* info, void*) {
  const int saved = errno;
  take(number, *info);
  errno = saved;
}

/** The first that no C library keeps for itself: glibc has two of its own, musl three. signal(7), nptl(7) */
constexpr int kFirstRealTime = 35;

bool can_be_caught(int number) {
  return number != SIGKILL && number != SIGSTOP && (number < 32 || number >= kFirstRealTime);
}

void catch_all() {
  struct sigaction action = {};
  action.sa_sigaction = take_signal;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  sigfillset(&action.sa_mask);
  for (int number = 1; number <= SIGRTMAX; number++) {
    if (can_be_caught(number) && sigaction(number, &action, nullptr) != 0) fail("sigaction");
  }
  // A caller may have blocked any, and an execve(2) leaves that as it is.
  sigset_t none;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, nullptr) != 0) fail("sigprocmask");
}

}  // namespace

int signal_pipe() {
  if (pipe_ends[0] >= 0) return pipe_ends[0];
  if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) fail("pipe2");
  catch_all();
  return pipe_ends[0];
}

}  // namespace noci
