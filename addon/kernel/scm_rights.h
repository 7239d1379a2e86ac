#ifndef NOCI_KERNEL_SCM_RIGHTS_H
#define NOCI_KERNEL_SCM_RIGHTS_H

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

namespace kernel {

/** Room for the control message of up to `count` fds. cmsg(3) */
template <size_t count>
struct FdControl {
  alignas(cmsghdr) char bytes[CMSG_SPACE(count * sizeof(int))] = {};
};

/** Gives `message` the `count` fds to carry; `control` has room for them. unix(7) */
template <size_t most>
void carry_fds(msghdr& message, FdControl<most>& control, const int* fds, size_t count) {
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(header), fds, count * sizeof(int));
}

/** Gives `message` room for fds to come. */
template <size_t most>
void expect_fds(msghdr& message, FdControl<most>& control) {
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
}

/** The fds that came with `message`. False when they are not `count` exactly; what did not fit was never received. recv(2) */
inline bool take_fds(const msghdr& message, int* fds, size_t count) {
  if ((message.msg_flags & MSG_CTRUNC) != 0) return false;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return false;
  if (header->cmsg_len != CMSG_LEN(count * sizeof(int))) return false;
  memcpy(fds, CMSG_DATA(header), count * sizeof(int));
  return true;
}

}  // namespace kernel

#endif
