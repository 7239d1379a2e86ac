#ifndef NOCI_BINDING_VALUE_H
#define NOCI_BINDING_VALUE_H

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace noci::binding {

/**
 * Conversion of JavaScript values, exact or refused: no coercion, no wrapping, no truncation (Node-API's own integer
 * getters wrap modulo 2^32). `what` names the value in the error, e.g. "path" or "stdio".
 */
class Reader {
 public:
  Reader(Napi::Env env, std::string function) : env_(env), function_(std::move(function)) {}

  Napi::Env env() const { return env_; }
  /** EINVAL with "<what> must be <expected>". */
  [[noreturn]] void refuse(const std::string& what, const std::string& expected) const;

  /** A number without fraction, `minimum` to `maximum`, which must be within ±2^53. */
  int64_t integer(Napi::Value value, const std::string& what, int64_t minimum, int64_t maximum) const;
  /** A number within ±2^53 or a bigint, -2^63 to 2^64-1, as its 64 bits. */
  uint64_t integer64(Napi::Value value, const std::string& what) const;
  bool boolean(Napi::Value value, const std::string& what) const;
  /** An open file descriptor's number. */
  int fd(Napi::Value value, const std::string& what) const;
  /** A string for the kernel: without U+0000, lone surrogates only where they stand for a byte. */
  std::string text(Napi::Value value, const std::string& what) const;
  /** Any bytes: a string or a Uint8Array. */
  std::string data(Napi::Value value, const std::string& what) const;

  Napi::Object object(Napi::Value value, const std::string& what) const;
  Napi::Value field(Napi::Object object, const char* name) const;
  std::vector<std::string> texts(Napi::Value value, const std::string& what) const;
  std::vector<int> fds(Napi::Value value, const std::string& what) const;

  /** Calls `item(element, "<what>[index]")` for each element of an array. */
  template <typename Function>
  void each(Napi::Value value, const std::string& what, Function item) const {
    const Napi::Array list = array(value, what);
    for (uint32_t i = 0, length = list.Length(); i < length; i++) {
      const Napi::HandleScope scope(env_);
      item(list.Get(i), what + '[' + std::to_string(i) + ']');
    }
  }

 private:
  Napi::Array array(Napi::Value value, const std::string& what) const;
  std::string bytes(Napi::Value value, const std::string& what) const;

  Napi::Env env_;
  std::string function_;
};

}  // namespace noci::binding

#endif
