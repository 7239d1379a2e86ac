#include "call.h"

using namespace noci::standalone;

napi_status napi_create_arraybuffer(napi_env env, size_t byte_length, void** data, napi_value* result) {
  if (const napi_status refused = enter(env, result)) return refused;
  // Without a source the engine allocates zeros.
  const JSValue buffer = JS_NewArrayBufferCopy(env->context, nullptr, byte_length);
  size_t size;
  if (data != nullptr && !JS_IsException(buffer)) *data = JS_GetArrayBuffer(env->context, &size, buffer);
  return give(env, result, buffer);
}

napi_status napi_get_arraybuffer_info(napi_env env, napi_value value, void** data, size_t* byte_length) {
  if (const napi_status refused = check(env, value)) return refused;
  if (!JS_IsArrayBuffer(env->handles[value])) return fail(env, napi_invalid_arg);
  size_t size = 0;
  uint8_t* const bytes = JS_GetArrayBuffer(env->context, &size, env->handles[value]);
  // Detached: no exception in Node.js.
  if (bytes == nullptr) JS_FreeValue(env->context, JS_GetException(env->context));
  if (data != nullptr) *data = bytes;
  if (byte_length != nullptr) *byte_length = bytes == nullptr ? 0 : size;
  return succeed(env);
}
