#ifndef NOCI_PARENT_DEADLINE_H
#define NOCI_PARENT_DEADLINE_H

#include <poll.h>

#include <cstdint>

namespace noci {

/** A point in time up to which calls may wait; made of a timeout in milliseconds, -1 for no end. */
class Deadline {
 public:
  explicit Deadline(int timeout);
  /** poll(2), resumed after signals. False: the time is up and nothing happened. */
  bool poll(pollfd* fds, nfds_t count) const;

 private:
  int remaining() const;
  int timeout_;
  int64_t end_;
};

}  // namespace noci

#endif
