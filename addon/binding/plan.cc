#include <cstring>
#include <string_view>

#include "functions.h"
#include "parent/frame.h"
#include "parent/init_image.h"
#include "parent/init_process.h"
#include "parent/step_table.h"
#include "parent/system_error.h"

namespace noci::binding::functions {
namespace {

/** Encodes one value; `what` names it in an error. */
using Encode = void (*)(const Reader&, Body&, Napi::Value, const std::string& what);

void encode_int(const Reader& reader, Body& body, Napi::Value value, const std::string& what) {
  body.integer(reader.integer64(value, what));
}

void encode_text(const Reader& reader, Body& body, Napi::Value value, const std::string& what) {
  body.text(reader.text(value, what));
}

void encode_data(const Reader& reader, Body& body, Napi::Value value, const std::string& what) {
  body.data(reader.data(value, what));
}

void encode_fd(const Reader& reader, Body& body, Napi::Value value, const std::string& what) {
  body.fd(reader.fd(value, what));
}

template <Encode item>
void encode_list(const Reader& reader, Body& body, Napi::Value value, const std::string& what) {
  const size_t place = body.size();
  uint32_t count = 0;
  body.number32(0);
  reader.each(value, what, [&](Napi::Value element, const std::string& name) {
    item(reader, body, element, name);
    count++;
  });
  body.set_number32(place, count);
}

struct Type {
  std::string_view name;
  Encode encode;
};

constexpr Type kTypes[] = {
    {"int", encode_int},
    {"text", encode_text},
    {"data", encode_data},
    {"fd", encode_fd},
    {"ints", encode_list<encode_int>},
    {"texts", encode_list<encode_text>},
    {"fds", encode_list<encode_fd>},
};

Encode encoder_of(std::string_view type) {
  for (const Type& one : kTypes) {
    if (one.name == type) return one.encode;
  }
  // Only when init's table names a type that is not one: a mistake of ours that every test of describe() finds.
  noci::refuse("sendPlan", "unknown type " + std::string(type));
}

/** Calls `field(name, type)` for each of "name:type name:type". */
template <typename Function>
void each_field(std::string_view fields, Function field) {
  while (!fields.empty()) {
    const std::string_view one = fields.substr(0, fields.find(' '));
    const size_t colon = one.find(':');
    field(one.substr(0, colon), one.substr(colon + 1));
    fields.remove_prefix(std::min(fields.size(), one.size() + 1));
  }
}

/** The line of the table. Plans follow the table's order, so that the search starts where the last one ended. */
size_t index_of(const Reader& reader, const std::string& name, size_t last, const std::string& what) {
  for (size_t i = 0; i < kStepCount; i++) {
    const size_t index = (last + i) % kStepCount;
    if (name == kStepTable[index].name) return index;
  }
  reader.refuse(what, "a step's name");
}

size_t encode_step(const Reader& reader, Body& body, Napi::Value value, const std::string& what, size_t last) {
  const Napi::Object step = reader.object(value, what);
  const std::string name = reader.text(reader.field(step, "step"), what + ".step");
  const size_t index = index_of(reader, name, last, what + ".step");
  body.number16(static_cast<uint16_t>(index));
  each_field(kStepTable[index].fields, [&](std::string_view field, std::string_view type) {
    const std::string key(field);
    encoder_of(type)(reader, body, reader.field(step, key.c_str()), what + " (" + name + ")." + key);
  });
  return index;
}

}  // namespace

Napi::Value sendPlan(Call& call) {
  const int socket = call.fd(0, "socket");
  Body body;
  body.number32(0);
  body.number32(0);
  uint32_t count = 0;
  size_t last = 0;
  call.reader().each(call.argument(1), "steps", [&](Napi::Value step, const std::string& name) {
    last = encode_step(call.reader(), body, step, name, last);
    count++;
  });
  body.set_number32(0, init_preserved(socket));
  body.set_number32(sizeof(uint32_t), count);
  frame_send(socket, kFramePlan, body);
  return call.undefined();
}

Napi::Value describe(Call& call) {
  Napi::Object steps = Napi::Object::New(call.env());
  for (size_t i = 0; i < kStepCount; i++) steps.Set(kStepTable[i].name, call.result(std::string(kStepTable[i].fields)));
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("steps", steps);
  result.Set("initSize", call.result(static_cast<int64_t>(init_image().size())));
  return result;
}

}  // namespace noci::binding::functions
