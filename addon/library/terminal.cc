#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <climits>
#include <cstring>

#include "functions.h"
#include "holdings.h"
#include "kernel/fd.h"
#include "parent/retry.h"
#include "parent/system_error.h"

namespace noci::library {

Napi::Value open_terminal(binding::Call& call) {
  const auto rows = static_cast<unsigned short>(call.integer(0, "rows", 0, USHRT_MAX));
  const auto columns = static_cast<unsigned short>(call.integer(1, "columns", 0, USHRT_MAX));
  Fd master(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (master.get() < 0) fail("open", "/dev/ptmx");
  const int off = 0;
  if (ioctl(master.get(), TIOCSPTLCK, &off) != 0) fail("ioctl", "/dev/ptmx");
  // By number and not by name: /dev/pts may be another's here. ioctl_tty(2)
  const Fd slave(ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (slave.get() < 0) fail("ioctl", "/dev/ptmx");
  const winsize size = {rows, columns, 0, 0};
  if (ioctl(master.get(), TIOCSWINSZ, &size) != 0) fail("ioctl", "/dev/ptmx");
  Napi::Object result = Napi::Object::New(call.env());
  const int copy = fcntl(slave.get(), F_DUPFD_CLOEXEC, 3);
  if (copy < 0) fail("fcntl");
  result.Set("slave", call.result(copy));
  result.Set("master", call.result(master.release()));
  return result;
}

Napi::Value duplicate(binding::Call& call) {
  const int copy = fcntl(call.fd(0), F_DUPFD_CLOEXEC, 3);
  if (copy < 0) fail("fcntl");
  Holdings::of(call.env()).hold(copy);
  return call.result(copy);
}

Napi::Value listen(binding::Call& call) {
  const std::string path = call.path(0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail_with("bind", ENAMETOOLONG, path);
  memcpy(address.sun_path, path.c_str(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) fail("socket");
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind", path);
  if (::listen(socket.get(), 1) != 0) fail("listen", path);
  Holdings::of(call.env()).hold(socket.get());
  return call.result(socket.release());
}

Napi::Value receive_terminal(binding::Call& call) {
  const Fd connection(accept4(call.fd(0, "socket"), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection.get() < 0) fail("accept");
  char name[PATH_MAX];
  iovec bytes = {name, sizeof name};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message = {};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (retry([&] { return recvmsg(connection.get(), &message, MSG_CMSG_CLOEXEC); }) < 0) fail("recvmsg");
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) fail_with("recvmsg", EBADMSG);
  int fd = -1;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return call.result(fd);
}

}  // namespace noci::library
