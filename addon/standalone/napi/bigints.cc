#include "call.h"

using namespace noci::standalone;

namespace {

/** Whether the 64 bits, which `again` is made of, are the whole number. Takes `again` over. */
napi_status compare(napi_env env, JSValue again, napi_value value, bool* lossless) {
  if (JS_IsException(again)) return caught(env);
  *lossless = JS_IsStrictEqual(env->context, again, env->handles[value]);
  JS_FreeValue(env->context, again);
  return succeed(env);
}

}  // namespace

napi_status napi_create_bigint_int64(napi_env env, int64_t value, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  return give(env, result, JS_NewBigInt64(env->context, value));
}

napi_status napi_create_bigint_uint64(napi_env env, uint64_t value, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  return give(env, result, JS_NewBigUint64(env->context, value));
}

napi_status napi_get_value_bigint_int64(napi_env env, napi_value value, int64_t* result, bool* lossless) {
  if (const napi_status refused = check(env, value, result, lossless)) return refused;
  if (!JS_IsBigInt(env->handles[value])) return fail(env, napi_bigint_expected);
  if (JS_ToBigInt64(env->context, result, env->handles[value]) != 0) return caught(env);
  return compare(env, JS_NewBigInt64(env->context, *result), value, lossless);
}

napi_status napi_get_value_bigint_uint64(napi_env env, napi_value value, uint64_t* result, bool* lossless) {
  if (const napi_status refused = check(env, value, result, lossless)) return refused;
  if (!JS_IsBigInt(env->handles[value])) return fail(env, napi_bigint_expected);
  if (JS_ToBigUint64(env->context, result, env->handles[value]) != 0) return caught(env);
  return compare(env, JS_NewBigUint64(env->context, *result), value, lossless);
}
