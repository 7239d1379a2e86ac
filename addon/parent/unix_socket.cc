#include "unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "deadline.h"
#include "kernel/fd.h"
#include "kernel/scm_rights.h"
#include "kernel/weakened.h"
#include "retry.h"
#include "system_error.h"

namespace noci {
namespace {

/** A listener that accepts nobody keeps who connects waiting, and one that reads nothing who writes. socket(7), SO_SNDTIMEO */
constexpr timeval kPatience = {.tv_sec = 30, .tv_usec = 0};

/** The address of what `name` leads to; `path` is for the error only. */
struct Address {
  sockaddr_un value = {};
  socklen_t length = sizeof value;

  Address(const char* syscall, const std::string& name, const std::string& path) {
    if (name.size() >= sizeof value.sun_path) fail_with(syscall, ENAMETOOLONG, path);
    value.sun_family = AF_UNIX;
    memcpy(value.sun_path, name.c_str(), name.size() + 1);
  }

  /** A name that is in no filesystem: its first byte is NUL, its length counts. unix(7) */
  void make_abstract(size_t size) {
    value.sun_path[0] = '\0';
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  }

  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&value); }
};

void connect_to(int socket, const Address& address, const std::string& path) {
  if (retry([&] { return connect(socket, address.generic(), address.length); }) != 0) fail("connect", path);
}

std::string name_in(int directory, const std::string& name) {
  return "/proc/self/fd/" + std::to_string(directory) + '/' + name;
}

/** A path that does not fit a sockaddr_un is reached through its directory. */
void connect_to_path(int socket, const std::string& path) {
  if (path.size() < sizeof(sockaddr_un::sun_path)) return connect_to(socket, Address("connect", path, path), path);
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Fd directory(open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.open()) fail("open", path);
  connect_to(socket, Address("connect", name_in(directory.get(), path.substr(slash + 1)), path), path);
}

Fd datagram_socket(const std::string& path) {
  Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.open()) fail("socket", path);
  return fd;
}

/** Who does not read for so long is stopped: who is to get this may be in a container already, at the mercy of its root. */
constexpr int kSendPatience = 30'000;

void wait_until_writable(int socket) {
  pollfd writable = {socket, POLLOUT, 0};
  if (!Deadline(kSendPatience).poll(&writable, 1)) fail_with("sendmsg", ETIMEDOUT);
}

}  // namespace

int unix_connect(const std::string& path) {
  // Who listens and never accepts is not waited for: EAGAIN. connect(2)
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (WEAKENED("S42") ? 0 : SOCK_NONBLOCK), 0));
  if (!fd.open()) fail("socket", path);
  if (!WEAKENED("S42") && setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience) != 0)
    fail("setsockopt", path);
  connect_to_path(fd.get(), path);
  if (fcntl(fd.get(), F_SETFL, 0) != 0) fail("fcntl", path);
  return fd.release();
}

int unix_connect_datagram(const std::string& path) {
  Fd fd = datagram_socket(path);
  if (path.empty() || path[0] != '@') {
    connect_to_path(fd.get(), path);
    return fd.release();
  }
  Address address("connect", path, path);
  address.make_abstract(path.size());
  connect_to(fd.get(), address, path);
  return fd.release();
}

int unix_bind_datagram(int directory, const std::string& name) {
  Fd fd = datagram_socket(name);
  Address address("bind", WEAKENED("S71") ? "@noci-notify" : name_in(directory, name), name);
  if (WEAKENED("S71")) address.make_abstract(strlen("@noci-notify"));
  if (bind(fd.get(), address.generic(), address.length) != 0) fail("bind", name);
  return fd.release();
}

void unix_send(int socket, std::string_view data, const int* fds, size_t count) {
  kernel::FdControl<kMostFdsPerMessage> control;
  while (!data.empty()) {
    iovec vector = {const_cast<char*>(data.data()), data.size()};
    msghdr message = {};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (count > 0) kernel::carry_fds(message, control, fds, count);
    // MSG_NOSIGNAL: that the other end is gone is an answer, not a reason to die.
    const ssize_t sent = retry([&] { return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT); });
    if (sent < 0 && errno != EAGAIN) fail("sendmsg");
    if (sent < 0) {
      wait_until_writable(socket);
      continue;
    }
    data.remove_prefix(static_cast<size_t>(sent));
    count = 0;
  }
}

}  // namespace noci
