#ifndef NOCI_KERNEL_STDIO_H
#define NOCI_KERNEL_STDIO_H

#include <fcntl.h>
#include <unistd.h>

namespace kernel {

/**
 * A caller may have closed 0, 1 or 2. What is opened next would take their place and get what is written to them, so they
 * become the null device, or without one something that can be neither read nor written. False: not even that.
 */
inline bool occupy_stdio() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    if (open("/dev/null", O_RDWR) < 0 && open("/", O_PATH) < 0) return false;
  }
  return true;
}

}  // namespace kernel

#endif
