#include "preserved_fds.h"

#include <errno.h>
#include <fcntl.h>

#include "wire.h"

Result preserved_fds_hold(const Context& context) {
  for (uint32_t i = 1; i <= context.preserved; i++) {
    if (fcntl(kHandshakeFd + static_cast<int>(i), F_SETFD, FD_CLOEXEC) != 0) return failed("fcntl", errno, "preserved fd");
  }
  return ok();
}

Result preserved_fds_place(Context& context) {
  const int count = static_cast<int>(context.preserved);
  if (count == 0) return ok();
  const int moved = fcntl(context.socket.get(), F_DUPFD_CLOEXEC, kHandshakeFd + 1 + count);
  if (moved < 0) return failed("fcntl", errno, "handshake");
  context.socket.reset(moved);
  for (int i = 0; i < count; i++) {
    if (dup2(kHandshakeFd + 1 + i, kFirstPreserved + i) < 0) return failed("dup2", errno, "preserved fd");
  }
  // The last one has gone down and left its number; nothing that is preserved may be there twice.
  Fd(kFirstPreserved + count).reset();
  return ok();
}
