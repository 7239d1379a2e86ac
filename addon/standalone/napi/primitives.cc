#include "call.h"

using namespace noci::standalone;

namespace {

napi_valuetype type_of(JSContext* context, JSValueConst value) {
  switch (JS_VALUE_GET_NORM_TAG(value)) {
    case JS_TAG_INT:
    case JS_TAG_FLOAT64:
      return napi_number;
    case JS_TAG_SHORT_BIG_INT:
    case JS_TAG_BIG_INT:
      return napi_bigint;
    case JS_TAG_STRING:
    case JS_TAG_STRING_ROPE:
      return napi_string;
    case JS_TAG_BOOL:
      return napi_boolean;
    case JS_TAG_NULL:
      return napi_null;
    case JS_TAG_SYMBOL:
      return napi_symbol;
    case JS_TAG_OBJECT:
      return JS_IsFunction(context, value) ? napi_function : napi_object;
    default:
      return napi_undefined;
  }
}

}  // namespace

napi_status napi_typeof(napi_env env, napi_value value, napi_valuetype* result) {
  if (const napi_status refused = check(env, value, result)) return refused;
  *result = type_of(env->context, env->handles[value]);
  return succeed(env);
}

napi_status napi_get_undefined(napi_env env, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  return give(env, result, Handles::kUndefined);
}

napi_status napi_get_null(napi_env env, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  return give(env, result, Handles::kNull);
}

napi_status napi_get_boolean(napi_env env, bool value, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  return give(env, result, value ? Handles::kTrue : Handles::kFalse);
}

napi_status napi_get_value_bool(napi_env env, napi_value value, bool* result) {
  if (const napi_status refused = check(env, value, result)) return refused;
  if (!JS_IsBool(env->handles[value])) return fail(env, napi_boolean_expected);
  *result = JS_VALUE_GET_BOOL(env->handles[value]) != 0;
  return succeed(env);
}

napi_status napi_create_double(napi_env env, double value, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  return give(env, result, JS_NewNumber(env->context, value));
}

napi_status napi_get_value_double(napi_env env, napi_value value, double* result) {
  if (const napi_status refused = check(env, value, result)) return refused;
  const JSValueConst number = env->handles[value];
  if (!JS_IsNumber(number)) return fail(env, napi_number_expected);
  *result = JS_VALUE_GET_NORM_TAG(number) == JS_TAG_INT ? JS_VALUE_GET_INT(number) : JS_VALUE_GET_FLOAT64(number);
  return succeed(env);
}
