#include "unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "deadline.h"
#include "kernel/fd.h"
#include "retry.h"
#include "system_error.h"

namespace noci {
namespace {

/** A listener that accepts nobody keeps who connects waiting, and one that reads nothing who writes. socket(7), SO_SNDTIMEO */
constexpr timeval kPatience = {.tv_sec = 30, .tv_usec = 0};

void connect_to(int socket, const std::string& name, const std::string& path) {
  sockaddr_un address = {};
  if (name.size() >= sizeof address.sun_path) fail_with("connect", ENAMETOOLONG, path);
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, name.c_str(), name.size() + 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (retry([&] { return connect(socket, generic, sizeof address); }) != 0) fail("connect", path);
  if (fcntl(socket, F_SETFL, 0) != 0) fail("fcntl", path);
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
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.open()) fail("socket", path);
  if (setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience) != 0) fail("setsockopt", path);
  if (path.size() < sizeof(sockaddr_un::sun_path)) {
    connect_to(fd.get(), path, path);
    return fd.release();
  }
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Fd directory(open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.open()) fail("open", path);
  connect_to(fd.get(), "/proc/self/fd/" + std::to_string(directory.get()) + '/' + path.substr(slash + 1), path);
  return fd.release();
}

void unix_send(int socket, std::string_view data, const int* fds, size_t count) {
  alignas(cmsghdr) char control[CMSG_SPACE(kMostFdsPerMessage * sizeof(int))] = {};
  while (!data.empty()) {
    iovec vector = {const_cast<char*>(data.data()), data.size()};
    msghdr message = {};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (count > 0) {
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(count * sizeof(int));
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(count * sizeof(int));
      memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    }
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
