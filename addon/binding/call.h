#ifndef NOCI_BINDING_CALL_H
#define NOCI_BINDING_CALL_H

#include <napi.h>

#include <cstdint>
#include <string>

#include "value.h"

namespace noci::binding {

/** One call of a function of contract.ts: its arguments by position, and what it may return. */
class Call {
 public:
  Call(const Napi::CallbackInfo& info, const char* function) : info_(info), reader_(info.Env(), function) {}

  Napi::Env env() const { return info_.Env(); }
  const Reader& reader() const { return reader_; }
  Napi::Value argument(size_t index) const { return info_[index]; }

  int64_t integer(size_t index, const char* what, int64_t minimum, int64_t maximum) const;
  /** An int of C, e.g. flags or a pid. */
  int number(size_t index, const char* what) const;
  /** 32 bits without sign: modes, ids, flags. */
  uint32_t bits(size_t index, const char* what) const;
  bool boolean(size_t index, const char* what) const { return reader_.boolean(info_[index], what); }
  int fd(size_t index, const char* what = "fd") const { return reader_.fd(info_[index], what); }
  /** An fd, or AT_FDCWD. */
  int directory(size_t index, const char* what = "dirfd") const;
  std::string text(size_t index, const char* what) const { return reader_.text(info_[index], what); }
  std::string path(size_t index, const char* what = "path") const { return text(index, what); }
  std::string data(size_t index, const char* what) const { return reader_.data(info_[index], what); }

  Napi::Value undefined() const { return env().Undefined(); }
  Napi::Value result(int64_t number) const { return Napi::Number::New(env(), static_cast<double>(number)); }
  Napi::Value result(const std::string& bytes) const;
  Napi::Value result(bool value) const { return Napi::Boolean::New(env(), value); }
  Napi::Value result(int number) const { return result(int64_t{number}); }
  Napi::Value bigint(uint64_t number) const { return Napi::BigInt::New(env(), number); }

 private:
  const Napi::CallbackInfo& info_;
  Reader reader_;
};

/** A function of contract.ts. It throws SystemError or Napi::Error. */
using Function = Napi::Value (*)(Call&);

}  // namespace noci::binding

#endif
