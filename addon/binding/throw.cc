#include "throw.h"

#include "parent/errno_words.h"
#include "text.h"

namespace noci::binding {

Napi::Error native_error(Napi::Env env, const SystemError& error) {
  Napi::Error result = Napi::Error::New(env, error.text.empty() ? errno_words(error.error) : error.text);
  Napi::Object object = result.Value();
  object.Set("code", Napi::String::New(env, errno_name(error.error)));
  object.Set("errno", Napi::Number::New(env, error.error));
  object.Set("syscall", Napi::String::New(env, error.syscall));
  object.Set("path", text_from_bytes(env, error.path));
  return result;
}

}  // namespace noci::binding
