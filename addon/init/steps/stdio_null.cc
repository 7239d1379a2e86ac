#include <errno.h>
#include <fcntl.h>

#include "../../kernel/inode.h"
#include "../../kernel/weakened.h"
#include "../inside.h"
#include "../step.h"

namespace {

/**
 * The container's null device; closed when /dev/null is something else. Nothing is followed on the way, and opening
 * without blocking is safe for whatever the image has put there, a FIFO included (CVE-2026-88265).
 */
Fd open_null() {
  if (WEAKENED("S10")) return open_inside("/dev/null", O_RDWR | O_NONBLOCK | O_NOCTTY);
  Fd null = open_expected_inside("/dev/null", O_RDWR | O_NONBLOCK | O_NOCTTY, RESOLVE_NO_SYMLINKS, kernel::is_null_device);
  if (!null.open()) return Fd();
  // The container's process shall not find a flag that it did not set.
  fcntl(null.get(), F_SETFL, 0);
  return null;
}

}  // namespace

/**
 * Stdio that is the host's null device becomes the container's: the host's inode would let the container see and change
 * what the host has it for. Without a null device in the container everything stays.
 */
Result step_stdio_null(Context&, Fields&) {
  Fd null;
  for (int fd = 0; fd <= 2; fd++) {
    if (!kernel::is_null_device(fd)) continue;
    if (!null.open()) null = open_null();
    if (!null.open()) return ok();
    if (dup3(null.get(), fd, 0) < 0) return failed("dup3", errno, "/dev/null");
  }
  return ok();
}
