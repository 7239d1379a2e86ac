#include "object.h"

using namespace noci::standalone;

napi_status napi_create_array(napi_env env, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  return give(env, result, JS_NewArray(env->context));
}

napi_status napi_create_array_with_length(napi_env env, size_t length, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  const JSValue array = JS_NewArray(env->context);
  // Node.js passes the length as an int, which V8 takes for 0 when it is negative.
  const int signed_length = static_cast<int>(length);
  if (signed_length <= 0 || JS_IsException(array)) return give(env, result, array);
  if (JS_SetLength(env->context, array, signed_length) >= 0) return give(env, result, array);
  JS_FreeValue(env->context, array);
  return caught(env);
}

napi_status napi_is_array(napi_env env, napi_value value, bool* result) {
  if (const napi_status refused = check(env, value, result)) return refused;
  *result = JS_IsArray(env->handles[value]);
  return succeed(env);
}

napi_status napi_get_array_length(napi_env env, napi_value value, uint32_t* result) {
  if (const napi_status refused = enter(env, value, result)) return refused;
  if (!JS_IsArray(env->handles[value])) return fail(env, napi_array_expected);
  int64_t length;
  if (JS_GetLength(env->context, env->handles[value], &length) != 0) return caught(env);
  *result = static_cast<uint32_t>(length);
  return succeed(env);
}

napi_status napi_get_element(napi_env env, napi_value value, uint32_t index, napi_value* result) {
  if (const napi_status refused = enter(env, value, result)) return refused;
  const Object object(env, value);
  if (!object) return object.refused();
  return give_property(env, result, JS_GetPropertyInt64(env->context, object, index));
}

napi_status napi_set_element(napi_env env, napi_value value, uint32_t index, napi_value element) {
  if (const napi_status refused = enter(env, value, element)) return refused;
  const Object object(env, value);
  if (!object) return object.refused();
  return object.set(JS_NewUint32(env->context, index), env->handles.dup(element));
}
