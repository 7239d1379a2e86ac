#include <climits>

#include "functions.h"
#include "parent/errno_words.h"
#include "parent/frame.h"
#include "parent/system_error.h"

namespace noci::binding::functions {
namespace {

/** Adds the fields of one kind of message. It reads them in the order of init/wire.h. */
using Decode = void (*)(Call&, BodyReader&, Napi::Object message);

void decode_nothing(Call&, BodyReader&, Napi::Object) {}

void decode_request(Call& call, BodyReader& body, Napi::Object message) {
  message.Set("what", call.result(body.text()));
}

void decode_warning(Call& call, BodyReader& body, Napi::Object message) {
  message.Set("step", call.result(body.integer()));
  message.Set("text", call.result(body.text()));
}

void decode_failure(Call& call, BodyReader& body, Napi::Object message) {
  message.Set("step", call.result(body.integer()));
  const auto error = static_cast<int>(body.integer());
  message.Set("errno", call.result(error));
  message.Set("code", call.result(std::string(errno_name(error))));
  message.Set("syscall", call.result(body.text()));
  message.Set("path", call.result(body.text()));
  message.Set("text", call.result(body.text()));
}

void decode_done(Call& call, BodyReader& body, Napi::Object message) {
  message.Set("step", call.result(body.integer()));
  message.Set("start", call.bigint(static_cast<uint64_t>(body.integer())));
  message.Set("nanoseconds", call.result(body.integer()));
}

struct Kind {
  FrameKind kind;
  const char* type;
  Decode decode;
  /** an fd comes along */
  bool fd = false;
};

constexpr Kind kKinds[] = {
    {kFrameReady, "ready", decode_nothing},
    {kFrameRequest, "request", decode_request},
    {kFrameWarning, "warning", decode_warning},
    {kFrameFailure, "failure", decode_failure},
    {kFrameDone, "done", decode_done},
    {kFrameTerminal, "terminal", decode_nothing, true},
    {kFrameNetwork, "network", decode_nothing, true},
};

Napi::Object message_of(Call& call, const char* type) {
  Napi::Object message = Napi::Object::New(call.env());
  message.Set("type", call.result(std::string(type)));
  return message;
}

Napi::Value decode(Call& call, Frame& frame) {
  for (const Kind& one : kKinds) {
    if (one.kind != frame.kind || one.fd != frame.fd.open()) continue;
    Napi::Object message = message_of(call, one.type);
    BodyReader body(frame.body);
    one.decode(call, body, message);
    body.end();
    if (one.fd) message.Set("fd", call.result(frame.fd.release()));
    return message;
  }
  throw SystemError{"recv", EPROTO, {}, "init sent a message of an unknown kind"};
}

}  // namespace

Napi::Value receive(Call& call) {
  const int socket = call.fd(0, "socket");
  Frame frame;
  switch (frame_receive(socket, static_cast<int>(call.integer(1, "timeout", -1, INT_MAX)), frame)) {
    case Received::kTimeout:
      return call.undefined();
    case Received::kClosed:
      return message_of(call, "closed");
    case Received::kFrame:
      break;
  }
  return decode(call, frame);
}

Napi::Value reply(Call& call) {
  const int socket = call.fd(0, "socket");
  Body body;
  body.integer(call.boolean(1, "ok") ? 1 : 0);
  frame_send(socket, kFrameReply, body);
  return call.undefined();
}

}  // namespace noci::binding::functions
