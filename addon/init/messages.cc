#include "messages.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../kernel/scm_rights.h"
#include "wire.h"

namespace {

constexpr size_t kFirstCapacity = 256;

void append(Context& context, const void* value, size_t size) {
  Outbox& outbox = context.outbox;
  if (outbox.size + size > outbox.capacity) {
    outbox.capacity = 2 * (outbox.size + size) + kFirstCapacity;
    uint8_t* larger = static_cast<uint8_t*>(context.lasting.take(outbox.capacity));
    if (outbox.size > 0) memcpy(larger, outbox.data, outbox.size);
    outbox.data = larger;
  }
  memcpy(outbox.data + outbox.size, value, size);
  outbox.size += size;
}

/** A message being put together; whole at the end of its life. */
class Message {
 public:
  Message(Context& context, FrameKind kind, uint32_t fds = 0)
      : context_(context), start_(context.outbox.size), header_{kFrameMagic, kFrameVersion, kind, 0, fds} {
    append(context, &header_, sizeof header_);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() {
    header_.length = static_cast<uint32_t>(context_.outbox.size - start_ - sizeof header_);
    memcpy(context_.outbox.data + start_, &header_, sizeof header_);
  }

  Message& integer(long long value) {
    append(context_, &value, sizeof value);
    return *this;
  }

  Message& text(const char* value) {
    if (value == nullptr) value = "";
    const uint32_t length = static_cast<uint32_t>(strlen(value));
    append(context_, &length, sizeof length);
    append(context_, value, length + 1);
    return *this;
  }

 private:
  Context& context_;
  size_t start_;
  FrameHeader header_;
};

/** The byte that an fd travels with; without a listener it goes nowhere. unix(7) */
void send_carrier(int socket, int fd) {
  char carrier = kFrameCarrier;
  kernel::FdControl<1> control;
  iovec data = {&carrier, 1};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  kernel::carry_fds(message, control, &fd, 1);
  while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

void send_outbox(Context& context) {
  Outbox& outbox = context.outbox;
  if (context.handshakeDone) {
    // Whether anybody finds it or not, what is left to do is to end.
    [[maybe_unused]] const ssize_t left = write(context.fifo.get(), outbox.data, outbox.size);
    outbox.size = 0;
    return;
  }
  for (size_t done = 0; done < outbox.size;) {
    // Not send(2): behind a filter init has what every program has. Without a listener SIGPIPE ends init, which is due then.
    const ssize_t sent = write(context.socket.get(), outbox.data + done, outbox.size - done);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EPIPE) break;
    // A filter forbids it: nobody would answer what was not said.
    if (sent <= 0) _exit(1);
    done += static_cast<size_t>(sent);
  }
  outbox.size = 0;
}

void send_with_fd(Context& context, FrameKind kind, int fd) {
  Message(context, kind, 1);
  send_outbox(context);
  send_carrier(context.socket.get(), fd);
}

}  // namespace

void messages_send(Context& context) { send_outbox(context); }

void message_ready(Context& context) {
  Message(context, kFrameReady);
  messages_send(context);
}

void message_request(Context& context, const char* what) {
  Message(context, kFrameRequest).text(what);
  messages_send(context);
}

void message_warning(Context& context, const char* text) {
  Message(context, kFrameWarning).integer(context.step).text(text);
}

void message_done(Context& context, long long start, long long nanoseconds) {
  Message(context, kFrameDone).integer(context.step).integer(start).integer(nanoseconds);
}

void message_terminal(Context& context, int fd) { send_with_fd(context, kFrameTerminal, fd); }

void message_network(Context& context, int fd) { send_with_fd(context, kFrameNetwork, fd); }

void message_failure(Context& context, const Result& result) {
  Message(context, kFrameFailure)
      .integer(context.step)
      .integer(result.error)
      .text(result.syscall)
      .text(result.path)
      .text(result.text);
  messages_send(context);
}

bool read_all(int socket, void* data, size_t size) {
  uint8_t* next = static_cast<uint8_t*>(data);
  while (size > 0) {
    const ssize_t got = read(socket, next, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    next += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool message_reply(Context& context) {
  struct {
    FrameHeader header;
    long long answer;
  } reply;
  static_assert(sizeof reply == sizeof reply.header + sizeof reply.answer);
  if (!read_all(context.socket.get(), &reply, sizeof reply)) return false;
  const FrameHeader& header = reply.header;
  return header.magic == kFrameMagic && header.version == kFrameVersion && header.kind == kFrameReply &&
         header.length == sizeof reply.answer && header.fdCount == 0 && reply.answer == 1;
}
