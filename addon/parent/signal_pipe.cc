#include "signal_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "system_error.h"

namespace noci {
namespace {

int pipe_ends[2] = {-1, -1};

extern "C" void put_signal(int number) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  // Full means that 64 KiB of signals wait to be read; signals of one kind merge anyway (signal(7)).
  [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &byte, 1);
  errno = saved;
}

/**
 * Not passed on: what cannot be caught; what the processor raises (returning from the handler would raise it again);
 * what only a terminal's driver sends to a background process (the default, stopping, is right); SIGPIPE, which is
 * about our own writes; and the two that the C library keeps for itself (signal(7), nptl(7)).
 */
bool is_passed_on(int number) {
  switch (number) {
    case SIGKILL:
    case SIGSTOP:
    case SIGILL:
    case SIGTRAP:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGSYS:
    case SIGTTIN:
    case SIGTTOU:
    case SIGPIPE:
      return false;
    default:
      return number < 32 || number >= SIGRTMIN;
  }
}

void catch_all() {
  struct sigaction action = {};
  action.sa_handler = put_signal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  for (int number = 1; number <= SIGRTMAX; number++) {
    if (is_passed_on(number) && sigaction(number, &action, nullptr) != 0) fail("sigaction");
  }
  // EPIPE says it too, and does not end a process that has a terminal to restore.
  signal(SIGPIPE, SIG_IGN);
}

}  // namespace

int signal_pipe() {
  if (pipe_ends[0] >= 0) return pipe_ends[0];
  if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) fail("pipe2");
  catch_all();
  return pipe_ends[0];
}

}  // namespace noci
