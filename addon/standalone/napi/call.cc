#include "call.h"

namespace noci::standalone {

napi_status caught(napi_env env, napi_status status) {
  const JSValue exception = JS_GetException(env->context);
  if (is_pending(env)) {
    JS_FreeValue(env->context, exception);
  } else {
    env->pending = exception;
  }
  return fail(env, status);
}

}  // namespace noci::standalone
