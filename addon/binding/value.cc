#include "value.h"

#include <climits>
#include <cmath>

#include "parent/system_error.h"
#include "text.h"

namespace noci::binding {

void Reader::refuse(const std::string& what, const std::string& expected) const {
  noci::refuse(function_, "invalid argument: " + what + " must be " + expected);
}

int64_t Reader::integer(Napi::Value value, const std::string& what, int64_t minimum, int64_t maximum) const {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  // The limits are exact as doubles because they are within ±2^53, and NaN is not within.
  const bool within = number >= static_cast<double>(minimum) && number <= static_cast<double>(maximum);
  if (!within || std::trunc(number) != number) {
    refuse(what, "an integer from " + std::to_string(minimum) + " to " + std::to_string(maximum));
  }
  return static_cast<int64_t>(number);
}

uint64_t Reader::integer64(Napi::Value value, const std::string& what) const {
  constexpr int64_t kSafe = (int64_t{1} << 53) - 1;
  if (!value.IsBigInt()) return static_cast<uint64_t>(integer(value, what, -kSafe, kSafe));
  bool lossless = false;
  const int64_t negative = value.As<Napi::BigInt>().Int64Value(&lossless);
  if (lossless) return static_cast<uint64_t>(negative);
  const uint64_t positive = value.As<Napi::BigInt>().Uint64Value(&lossless);
  if (!lossless) refuse(what, "an integer of 64 bits");
  return positive;
}

bool Reader::boolean(Napi::Value value, const std::string& what) const {
  if (!value.IsBoolean()) refuse(what, "true or false");
  return value.As<Napi::Boolean>().Value();
}

int Reader::fd(Napi::Value value, const std::string& what) const {
  return static_cast<int>(integer(value, what, 0, INT_MAX));
}

std::string Reader::bytes(Napi::Value value, const std::string& what) const {
  TextProblem problem;
  std::string result = bytes_from_text(env_, value, true, problem);
  if (problem.found) refuse(what, "text without lone surrogates");
  return result;
}

std::string Reader::text(Napi::Value value, const std::string& what) const {
  if (!value.IsString()) refuse(what, "a string");
  std::string result = bytes(value, what);
  // "/proc\0/x" is two different paths to JavaScript and to the kernel.
  if (result.find('\0') != std::string::npos) refuse(what, "text without nul");
  return result;
}

std::string Reader::data(Napi::Value value, const std::string& what) const {
  if (value.IsString()) return bytes(value, what);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    refuse(what, "a string or a Uint8Array");
  }
  const Napi::Uint8Array array = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const char*>(array.Data()), array.ByteLength()};
}

Napi::Object Reader::object(Napi::Value value, const std::string& what) const {
  if (!value.IsObject()) refuse(what, "an object");
  return value.As<Napi::Object>();
}

Napi::Value Reader::field(Napi::Object object, const char* name) const { return object.Get(name); }

Napi::Array Reader::array(Napi::Value value, const std::string& what) const {
  if (!value.IsArray()) refuse(what, "an array");
  return value.As<Napi::Array>();
}

std::vector<std::string> Reader::texts(Napi::Value value, const std::string& what) const {
  std::vector<std::string> result;
  each(value, what, [&](Napi::Value item, const std::string& name) { result.push_back(text(item, name)); });
  return result;
}

std::vector<int> Reader::fds(Napi::Value value, const std::string& what) const {
  std::vector<int> result;
  each(value, what, [&](Napi::Value item, const std::string& name) { result.push_back(fd(item, name)); });
  return result;
}

}  // namespace noci::binding
