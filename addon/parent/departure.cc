#include "departure.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace noci {
namespace {

constexpr long kNanoseconds = 1'000'000'000;

/** The moment `milliseconds` from now, as FUTEX_WAIT_BITSET takes it: absolute, so that a signal prolongs nothing. */
timespec from_now(int milliseconds) {
  timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  moment.tv_sec += milliseconds / 1000;
  moment.tv_nsec += milliseconds % 1000 * 1'000'000l;
  if (moment.tv_nsec >= kNanoseconds) {
    moment.tv_sec++;
    moment.tv_nsec -= kNanoseconds;
  }
  return moment;
}

}  // namespace

bool Departure::wait(int timeout) const {
  const timespec end = timeout < 0 ? timespec{} : from_now(timeout);
  // Not FUTEX_PRIVATE_FLAG: the kernel wakes without it. futex(2)
  while (word_ != 0) {
    const long result =
        syscall(SYS_futex, &word_, FUTEX_WAIT_BITSET, 1, timeout < 0 ? nullptr : &end, nullptr, FUTEX_BITSET_MATCH_ANY);
    if (result != 0 && errno == ETIMEDOUT) return word_ == 0;
  }
  return true;
}

}  // namespace noci
