#include <cstdio>

#include "call.h"

using namespace noci::standalone;

namespace {

struct Type {
  napi_typedarray_type type;
  JSTypedArrayEnum engine_type;
  size_t element_size;
  const char* name;
};

/** Float16Array is not among them: Node.js 20 has none. */
constexpr Type kTypes[] = {
    {napi_int8_array, JS_TYPED_ARRAY_INT8, 1, "Int8Array"},
    {napi_uint8_array, JS_TYPED_ARRAY_UINT8, 1, "Uint8Array"},
    {napi_uint8_clamped_array, JS_TYPED_ARRAY_UINT8C, 1, "Uint8ClampedArray"},
    {napi_int16_array, JS_TYPED_ARRAY_INT16, 2, "Int16Array"},
    {napi_uint16_array, JS_TYPED_ARRAY_UINT16, 2, "Uint16Array"},
    {napi_int32_array, JS_TYPED_ARRAY_INT32, 4, "Int32Array"},
    {napi_uint32_array, JS_TYPED_ARRAY_UINT32, 4, "Uint32Array"},
    {napi_float32_array, JS_TYPED_ARRAY_FLOAT32, 4, "Float32Array"},
    {napi_float64_array, JS_TYPED_ARRAY_FLOAT64, 8, "Float64Array"},
    {napi_bigint64_array, JS_TYPED_ARRAY_BIG_INT64, 8, "BigInt64Array"},
    {napi_biguint64_array, JS_TYPED_ARRAY_BIG_UINT64, 8, "BigUint64Array"},
};

template <typename Number>
const Type* find(Number Type::*member, Number number) {
  for (const Type& one : kTypes) {
    if (one.*member == number) return &one;
  }
  return nullptr;
}

/** A RangeError is pending then, and the status says less: so Node.js. */
napi_status refuse(napi_env env, const char* code, const char* message) {
  JSContext* const context = env->context;
  const JSValue error = JS_NewRangeError(context, "%s", message);
  if (!JS_IsException(error)) {
    JS_DefinePropertyValueStr(context, error, "code", JS_NewString(context, code), JS_PROP_C_W_E);
    JS_Throw(context, error);
  }
  return caught(env, napi_generic_failure);
}

napi_status refuse_offset(napi_env env, const Type& type) {
  char message[80];
  snprintf(message, sizeof message, "start offset of %s should be a multiple of %zu", type.name, type.element_size);
  return refuse(env, "ERR_NAPI_INVALID_TYPEDARRAY_ALIGNMENT", message);
}

bool fits(const Type& type, size_t offset, size_t length, size_t size) {
  return offset <= size && length <= (size - offset) / type.element_size;
}

struct View {
  size_t offset;
  size_t byte_length;
  uint8_t* data;
};

/** 0 when it is detached, which is no exception in Node.js. */
size_t size_of(JSContext* context, JSValueConst buffer) {
  size_t size = 0;
  if (JS_GetArrayBuffer(context, &size, buffer) != nullptr) return size;
  JS_FreeValue(context, JS_GetException(context));
  return 0;
}

/** Of no bytes when the buffer is detached, which is no exception in Node.js. The buffer is the caller's. */
JSValue view_of(JSContext* context, JSValueConst array, View& view) {
  view = {};
  const JSValue buffer = JS_GetTypedArrayBuffer(context, array, &view.offset, &view.byte_length, nullptr);
  size_t size = 0;
  uint8_t* const bytes = JS_IsException(buffer) ? nullptr : JS_GetArrayBuffer(context, &size, buffer);
  if (bytes == nullptr) {
    JS_FreeValue(context, JS_GetException(context));
    view = {};
    return buffer;
  }
  // An array that follows the length of a resizable buffer has the length that it was made with.
  if (view.offset > size) view.offset = size;
  if (view.byte_length > size - view.offset) view.byte_length = size - view.offset;
  view.data = bytes + view.offset;
  return buffer;
}

}  // namespace

napi_status napi_is_typedarray(napi_env env, napi_value value, bool* result) {
  if (const napi_status refused = check(env, value, result)) return refused;
  *result = JS_GetTypedArrayType(env->handles[value]) >= 0;
  return succeed(env);
}

napi_status napi_create_typedarray(napi_env env, napi_typedarray_type type, size_t length, napi_value arraybuffer,
                                   size_t byte_offset, napi_value* result) {
  if (const napi_status refused = enter(env, arraybuffer, result)) return refused;
  const JSValueConst buffer = env->handles[arraybuffer];
  if (!JS_IsArrayBuffer(buffer)) return fail(env, napi_invalid_arg);
  const Type* const found = find(&Type::type, type);
  if (found == nullptr) return fail(env, napi_invalid_arg);
  if (byte_offset % found->element_size != 0) return refuse_offset(env, *found);
  if (!fits(*found, byte_offset, length, size_of(env->context, buffer))) {
    return refuse(env, "ERR_NAPI_INVALID_TYPEDARRAY_LENGTH", "Invalid typed array length");
  }
  JSValueConst arguments[] = {buffer, JS_NewInt64(env->context, static_cast<int64_t>(byte_offset)),
                              JS_NewInt64(env->context, static_cast<int64_t>(length))};
  return give(env, result, JS_NewTypedArray(env->context, 3, arguments, found->engine_type));
}

napi_status napi_get_typedarray_info(napi_env env, napi_value value, napi_typedarray_type* type, size_t* length,
                                     void** data, napi_value* arraybuffer, size_t* byte_offset) {
  if (const napi_status refused = check(env, value)) return refused;
  const int engine_type = JS_GetTypedArrayType(env->handles[value]);
  const Type* const found = find(&Type::engine_type, static_cast<JSTypedArrayEnum>(engine_type));
  if (found == nullptr) return fail(env, napi_invalid_arg);
  View view;
  const JSValue buffer = view_of(env->context, env->handles[value], view);
  if (type != nullptr) *type = found->type;
  if (length != nullptr) *length = view.byte_length / found->element_size;
  if (data != nullptr) *data = view.data;
  if (byte_offset != nullptr) *byte_offset = view.offset;
  if (arraybuffer == nullptr) {
    JS_FreeValue(env->context, buffer);
    return succeed(env);
  }
  // The engine does not tell which buffer it was that is detached.
  return JS_IsException(buffer) ? fail(env, napi_generic_failure) : give(env, arraybuffer, buffer);
}
