#include "close_fds.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

bool close_fds(unsigned first, unsigned last, unsigned limit) {
  if (syscall(SYS_close_range, first, last, 0u) == 0) return true;
  for (unsigned number = first; number <= last && number < limit; number++) {
    if (close(static_cast<int>(number)) != 0 && errno != EBADF) return false;
  }
  return true;
}
