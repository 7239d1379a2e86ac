#include "hook_dialogue.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace {

/** How often the child is looked after where pidfd_open(2) is missing (before Linux 5.3) or filtered. */
constexpr long long kPollInterval = 20;

long long now_ms() {
  struct timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/** SIGPIPE ignored for as long as this lives: writing to a hook that does not read must not end init. */
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &before_);
  }
  ~WithoutSigpipe() { sigaction(SIGPIPE, &before_, nullptr); }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  struct sigaction before_ = {};
};

/** Writes what the pipe takes; closes it at the end of the text, which is the end of the document, or when nobody reads. */
void feed(Fd& input, const char*& state) {
  const ssize_t length = write(input.get(), state, strlen(state));
  if (length > 0) state += length;
  const bool gone = length < 0 && errno != EAGAIN && errno != EINTR;
  if (gone || *state == '\0') input.reset();
}

void keep(HookOutput& output, const char* bytes, size_t length) {
  const size_t room = sizeof output.bytes - output.length;
  const size_t kept = length < room ? length : room;
  memcpy(output.bytes + output.length, bytes, kept);
  output.length += kept;
}

/** Reads what is there, at most what a pipe holds, since a writer may go on for ever; closes the pipe at its end. */
void drain(Fd& pipe, HookOutput& output) {
  char bytes[4096];
  for (int rounds = 0; rounds < 16; rounds++) {
    const ssize_t length = read(pipe.get(), bytes, sizeof bytes);
    if (length == 0) pipe.reset();
    if (length <= 0) return;
    keep(output, bytes, static_cast<size_t>(length));
  }
}

bool has_ended(pid_t pid, int& status) {
  pid_t waited;
  do {
    waited = waitpid(pid, &status, WNOHANG);
  } while (waited < 0 && errno == EINTR);
  return waited == pid;
}

/** One round of poll(2) and what it brought. A closed pipe is fd -1, which poll passes over. */
void exchange(HookProcess& process, int pidfd, long long wait, const char*& state, HookEnd& end) {
  struct pollfd watched[] = {
      {process.input.get(), POLLOUT, 0},
      {process.output.get(), POLLIN, 0},
      {process.errors.get(), POLLIN, 0},
      {pidfd, POLLIN, 0},
  };
  if (poll(watched, 4, static_cast<int>(wait)) <= 0) return;
  if (watched[0].revents != 0) feed(process.input, state);
  if (watched[1].revents != 0) drain(process.output, end.output);
  if (watched[2].revents != 0) drain(process.errors, end.errors);
}

void kill_group(pid_t pid, HookEnd& end) {
  end.timedOut = true;
  kill(-pid, SIGKILL);
  waitpid(pid, &end.status, 0);
}

/** How long poll may wait, in milliseconds; -1 for ever, 0 when the time is over. */
long long patience(long long deadline, bool pidfd) {
  const long long most = pidfd ? -1 : kPollInterval;
  if (deadline < 0) return most;
  long long left = deadline - now_ms();
  if (left < 0) left = 0;
  if (left > INT_MAX) left = INT_MAX;
  return most >= 0 && most < left ? most : left;
}

}  // namespace

void hook_converse(HookProcess& process, const char* state, long long timeout, HookEnd& end) {
  const WithoutSigpipe guard;
  const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  const long long deadline = timeout > 0 ? now_ms() + timeout : -1;
  while (!has_ended(process.pid, end.status)) {
    const long long wait = patience(deadline, pidfd.open());
    if (wait == 0) {
      kill_group(process.pid, end);
      break;
    }
    exchange(process, pidfd.get(), wait, state, end);
  }
  if (process.output.open()) drain(process.output, end.output);
  if (process.errors.open()) drain(process.errors, end.errors);
}
