#ifndef NOCI_STANDALONE_NAPI_CALL_H
#define NOCI_STANDALONE_NAPI_CALL_H

#include "napi_env.h"

/**
 * What the functions of Node-API begin and end with. Which checks a function makes, and in which order, is that of
 * src/js_native_api_v8.cc of Node.js 20: NAPI_PREAMBLE is enter(), CHECK_ENV with CHECK_ARG is check().
 */
namespace noci::standalone {

inline napi_status fail(napi_env env, napi_status status) {
  env->last_error.error_code = status;
  return status;
}

inline napi_status succeed(napi_env env) { return fail(env, napi_ok); }

inline bool is_pending(napi_env env) { return !JS_IsUninitialized(env->pending); }

/** Refuses null pointers. */
template <typename... Pointers>
napi_status check(napi_env env, Pointers... pointers) {
  if (env == nullptr) return napi_invalid_arg;
  if ((... || (pointers == nullptr))) return fail(env, napi_invalid_arg);
  return napi_ok;
}

/** The same for what may run JavaScript, which it must not while an exception is pending. */
template <typename... Pointers>
napi_status enter(napi_env env, Pointers... pointers) {
  if (env == nullptr) return napi_invalid_arg;
  if (is_pending(env)) return fail(env, napi_pending_exception);
  succeed(env);
  return check(env, pointers...);
}

/** The engine has thrown: its exception waits until the addon takes it or returns. */
napi_status caught(napi_env env, napi_status status = napi_pending_exception);

/** The end of a call that makes a value, which is taken over. */
inline napi_status give(napi_env env, napi_value* result, JSValue value) {
  if (JS_IsException(value)) return caught(env);
  const napi_value handle = env->handles.push(value);
  if (handle == nullptr) return fail(env, napi_generic_failure);
  *result = handle;
  return succeed(env);
}

inline napi_status give(napi_env env, napi_value* result, Handles::Constant constant) {
  *result = Handles::handle(constant);
  return succeed(env);
}

}  // namespace noci::standalone

#endif
