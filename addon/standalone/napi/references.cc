#include "call.h"

using namespace noci::standalone;

/** Always strong: nothing that counts references up and down is there to make it weak. */
struct napi_ref__ {
  JSValue value;
};

napi_status napi_create_reference(napi_env env, napi_value value, uint32_t initial_refcount, napi_ref* result) {
  if (const napi_status refused = check(env, value, result)) return refused;
  const JSValueConst held = env->handles[value];
  if (!JS_IsObject(held) && !JS_IsSymbol(held)) return fail(env, napi_invalid_arg);
  if (initial_refcount == 0) return fail(env, napi_generic_failure);
  auto* reference = static_cast<napi_ref>(js_malloc_rt(JS_GetRuntime(env->context), sizeof(napi_ref__)));
  if (reference == nullptr) return fail(env, napi_generic_failure);
  reference->value = env->handles.dup(value);
  *result = reference;
  return succeed(env);
}

napi_status napi_delete_reference(napi_env env, napi_ref reference) {
  if (const napi_status refused = check(env, reference)) return refused;
  JS_FreeValue(env->context, reference->value);
  js_free(env->context, reference);
  return succeed(env);
}

napi_status napi_get_reference_value(napi_env env, napi_ref reference, napi_value* result) {
  if (const napi_status refused = check(env, reference, result)) return refused;
  return give(env, result, JS_DupValue(env->context, reference->value));
}
