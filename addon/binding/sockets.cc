#include <sys/socket.h>

#include <linux/audit.h>
#include <linux/netlink.h>
#include <unistd.h>

#include "functions.h"
#include "parent/system_error.h"
#include "parent/unix_socket.h"

namespace noci::binding::functions {

Napi::Value connect(Call& call) { return call.result(unix_connect(call.path(0))); }

Napi::Value connectDatagram(Call& call) { return call.result(unix_connect_datagram(call.path(0))); }

Napi::Value bindDatagram(Call& call) {
  const int directory = call.fd(0, "directory");
  return call.result(unix_bind_datagram(directory, call.text(1, "name")));
}

Napi::Value netlinkRoute(Call& call) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) fail("socket");
  return call.result(fd);
}

Napi::Value netlinkAudit(Call& call) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);
  if (fd < 0) fail("socket");
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = 1u << (AUDIT_NLGRP_READLOG - 1);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return call.result(fd);
  const int error = errno;
  ::close(fd);
  fail_with("bind", error);
}

Napi::Value sendFd(Call& call) {
  const int socket = call.fd(0, "socket");
  const std::string data = call.data(1, "data");
  // A message without a byte carries no fd over a stream. unix(7)
  if (data.empty()) call.reader().refuse("data", "at least one byte");
  const int fd = call.fd(2);
  unix_send(socket, data, &fd, 1);
  return call.undefined();
}

}  // namespace noci::binding::functions
