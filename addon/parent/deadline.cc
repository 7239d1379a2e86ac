#include "deadline.h"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "system_error.h"

namespace noci {
namespace {

int64_t milliseconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

Deadline::Deadline(int timeout) : timeout_(timeout), end_(timeout > 0 ? milliseconds_now() + timeout : 0) {}

int Deadline::remaining() const {
  if (timeout_ <= 0) return timeout_;
  return static_cast<int>(std::max<int64_t>(0, end_ - milliseconds_now()));
}

bool Deadline::poll(pollfd* fds, nfds_t count) const {
  for (;;) {
    const int ready = ::poll(fds, count, remaining());
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) fail("poll");
  }
}

}  // namespace noci
