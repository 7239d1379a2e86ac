#include "environment.h"

#include "entry.h"
#include "napi_env.h"

namespace noci::standalone {

napi_env__ environment;

napi_env open_environment(JSContext* context) {
  environment.context = context;
  environment.handles.open(context);
  environment.pending = JS_UNINITIALIZED;
  environment.last_error = {};
  environment.open_scopes = 0;
  return &environment;
}

JSValue load_exports(napi_env env, napi_addon_register_func init) {
  const Entry entry(env);
  const JSValue object = JS_NewObject(env->context);
  if (JS_IsException(object)) return object;
  const napi_value exports = env->handles.push(object);
  if (exports == nullptr) return JS_ThrowOutOfMemory(env->context);
  const napi_value result = init(env, exports);
  return entry.leave(result == nullptr ? exports : result);
}

void close_environment(napi_env env) {
  JS_FreeValue(env->context, env->pending);
  env->pending = JS_UNINITIALIZED;
  env->handles.close();
  env->callbacks.close();
}

size_t open_handles(napi_env env) { return env->handles.height() - Handles::kConstants; }

}  // namespace noci::standalone
