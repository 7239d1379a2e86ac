#include "environment.h"

#include "entry.h"
#include "napi_env.h"

namespace noci::standalone {

napi_env open_environment(JSContext* context) {
  auto* const env = static_cast<napi_env>(js_mallocz(context, sizeof(napi_env__)));
  if (env == nullptr) return nullptr;
  env->context = context;
  env->handles.open(context);
  env->callbacks.open(context);
  env->pending = JS_UNINITIALIZED;
  JS_SetContextOpaque(context, env);
  return env;
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
  js_free(env->context, env);
}

size_t open_handles(napi_env env) { return env->handles.height() - Handles::kConstants; }

}  // namespace noci::standalone
