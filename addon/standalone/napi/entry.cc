#include "entry.h"

#include "call.h"

namespace noci::standalone {

Entry::Entry(napi_env env) : env_(env), height_(env->handles.height()), open_scopes_(env->open_scopes) { succeed(env); }

JSValue Entry::leave(napi_value result) const {
  if (env_->open_scopes != open_scopes_) {
    napi_fatal_error(nullptr, 0, "a handle scope was left open", NAPI_AUTO_LENGTH);
  }
  const JSValue exception = env_->pending;
  const bool threw = is_pending(env_);
  const JSValue value = threw || result == nullptr ? JS_UNDEFINED : env_->handles.dup(result);
  env_->pending = JS_UNINITIALIZED;
  env_->handles.drop_to(height_);
  return threw ? JS_Throw(env_->context, exception) : value;
}

}  // namespace noci::standalone
