#include "frame.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "deadline.h"
#include "kernel/scm_rights.h"
#include "retry.h"
#include "system_error.h"
#include "unix_socket.h"

namespace noci {
namespace {

[[noreturn]] void broken(const char* text) { throw SystemError{"recvmsg", EPROTO, {}, text}; }

/** Bytes read: fewer than `size` at the end of the stream or of the time. */
struct Part {
  size_t size;
  bool closed;
};

Part receive_part(int socket, char* buffer, size_t size, const Deadline& deadline) {
  for (size_t used = 0; used < size;) {
    const ssize_t length = recv(socket, buffer + used, size - used, MSG_DONTWAIT);
    if (length == 0 || (length < 0 && errno == ECONNRESET)) return {used, true};
    if (length > 0) used += static_cast<size_t>(length);
    if (length < 0 && errno != EINTR && errno != EAGAIN) fail("recv");
    pollfd ready = {socket, POLLIN, 0};
    if (length < 0 && !deadline.poll(&ready, 1)) return {used, false};
  }
  return {size, false};
}

/** The byte that an fd travels with, and exactly one fd; all that came is closed when that does not hold. unix(7) */
Fd receive_carrier(int socket, const Deadline& deadline) {
  pollfd ready = {socket, POLLIN, 0};
  if (!deadline.poll(&ready, 1)) broken("init sent half a message");
  char carrier = 0;
  kernel::FdControl<1> control;
  iovec data = {&carrier, 1};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  kernel::expect_fds(message, control);
  const ssize_t got = retry([&] { return recvmsg(socket, &message, MSG_CMSG_CLOEXEC); });
  if (got < 0) fail("recvmsg");
  int number = -1;
  const bool one = kernel::take_fds(message, &number, 1);
  Fd fd(number);
  if (!one || got != 1 || carrier != kFrameCarrier) broken("init sent a message without its fd");
  return fd;
}

void check(const FrameHeader& header) {
  if (header.magic != kFrameMagic || header.version != kFrameVersion) broken("init speaks another protocol");
  if (header.length > kFrameMaximumLength || header.fdCount > 1) broken("init sent a message that is out of bounds");
}

}  // namespace

void Body::text(std::string_view value) {
  number32(static_cast<uint32_t>(value.size()));
  bytes_.append(value);
  bytes_.push_back('\0');
}

void Body::data(std::string_view value) {
  number32(static_cast<uint32_t>(value.size()));
  bytes_.append(value);
}

void Body::fd(int value) {
  number32(static_cast<uint32_t>(fds_.size()));
  fds_.push_back(value);
}

void Body::set_number32(size_t at, uint32_t value) { memcpy(bytes_.data() + at, &value, sizeof value); }

std::string_view BodyReader::take(size_t size) {
  if (size > bytes_.size()) broken("init sent a message that ends too early");
  const std::string_view part = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return part;
}

int64_t BodyReader::integer() {
  int64_t value;
  memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}

std::string BodyReader::text() {
  uint32_t length;
  memcpy(&length, take(sizeof length).data(), sizeof length);
  const std::string_view part = take(size_t{length} + 1);
  if (part.back() != '\0') broken("init sent a text without end");
  return std::string(part.substr(0, length));
}

void BodyReader::end() const {
  if (!bytes_.empty()) broken("init sent a message that is too long");
}

void frame_send(int socket, FrameKind kind, const Body& body) {
  const std::vector<int>& fds = body.fds();
  if (body.size() > kFrameMaximumLength || fds.size() > kFrameMaximumFds) fail_with("sendmsg", EMSGSIZE);
  const auto length = static_cast<uint32_t>(body.size());
  const FrameHeader header = {kFrameMagic, kFrameVersion, kind, length, static_cast<uint32_t>(fds.size())};
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  // The fds that go along with `bytes`: none with the header.
  size_t first = 0;
  size_t end = 0;
  while (end < fds.size()) {
    unix_send(socket, bytes, fds.data() + first, end - first);
    bytes = kFrameCarrier;
    first = end;
    end = std::min(fds.size(), end + kFrameFdsPerCarrier);
  }
  unix_send(socket, bytes + body.bytes(), fds.data() + first, end - first);
}

Received frame_receive(int socket, int timeout, Frame& frame) {
  const Deadline deadline(timeout);
  FrameHeader header;
  const Part start = receive_part(socket, reinterpret_cast<char*>(&header), sizeof header, deadline);
  if (start.size == 0) return start.closed ? Received::kClosed : Received::kTimeout;
  if (start.size < sizeof header) broken("init sent half a message");
  check(header);
  frame.kind = header.kind;
  frame.fd = header.fdCount == 0 ? Fd() : receive_carrier(socket, deadline);
  frame.body.resize(header.length);
  const Part rest = receive_part(socket, frame.body.data(), header.length, deadline);
  if (rest.size < header.length) broken("init sent half a message");
  return Received::kFrame;
}

}  // namespace noci
