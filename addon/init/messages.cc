#include "messages.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "wire.h"

namespace {

/** A message being put together in an arena. */
class Message {
 public:
  Message(Arena& arena, FrameKind kind, size_t room)
      : data_(static_cast<uint8_t*>(arena.take(sizeof(FrameHeader) + room))), header_{kFrameMagic, kFrameVersion, kind, 0, 0} {}

  void integer(long long value) { bytes(&value, sizeof value); }

  void text(const char* value) {
    const uint32_t length = static_cast<uint32_t>(strlen(value));
    bytes(&length, sizeof length);
    bytes(value, length + 1);
  }

  void send(int socket) {
    memcpy(data_, &header_, sizeof header_);
    const size_t whole = sizeof header_ + header_.length;
    for (size_t done = 0; done < whole;) {
      const ssize_t sent = ::send(socket, data_ + done, whole - done, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return;
      done += static_cast<size_t>(sent);
    }
  }

 private:
  void bytes(const void* value, size_t size) {
    memcpy(data_ + sizeof header_ + header_.length, value, size);
    header_.length += static_cast<uint32_t>(size);
  }

  uint8_t* data_;
  FrameHeader header_;
};

size_t room_for(const char* text) { return sizeof(uint32_t) + strlen(text) + 1; }

const char* or_empty(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

void message_ready(Context& context) { Message(context.scratch, kFrameReady, 0).send(context.socket.get()); }

void message_request(Context& context, const char* what) {
  Message message(context.scratch, kFrameRequest, room_for(what));
  message.text(what);
  message.send(context.socket.get());
}

void message_warning(Context& context, const char* text) {
  Message message(context.scratch, kFrameWarning, sizeof(long long) + room_for(text));
  message.integer(context.step);
  message.text(text);
  message.send(context.socket.get());
}

void message_done(Context& context, long long nanoseconds) {
  Message message(context.scratch, kFrameDone, 2 * sizeof(long long));
  message.integer(context.step);
  message.integer(nanoseconds);
  message.send(context.socket.get());
}

void message_failure(Context& context, const Result& result) {
  const char* const texts[] = {or_empty(result.syscall), or_empty(result.path), or_empty(result.text)};
  size_t room = 2 * sizeof(long long);
  for (const char* text : texts) room += room_for(text);
  Message message(context.scratch, kFrameFailure, room);
  message.integer(context.step);
  message.integer(result.error);
  for (const char* text : texts) message.text(text);
  message.send(context.socket.get());
}

bool read_all(int socket, void* data, size_t size) {
  uint8_t* next = static_cast<uint8_t*>(data);
  while (size > 0) {
    const ssize_t got = recv(socket, next, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    next += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool message_reply(Context& context) {
  FrameHeader header;
  long long answer = 0;
  return read_all(context.socket.get(), &header, sizeof header) && header.magic == kFrameMagic &&
         header.version == kFrameVersion && header.kind == kFrameReply && header.length == sizeof answer &&
         header.fdCount == 0 && read_all(context.socket.get(), &answer, sizeof answer) && answer == 1;
}
