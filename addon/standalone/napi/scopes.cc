// Handle scopes are heights of the stack of handles. An escapable one has its slot for the value that escapes below its
// height, so that this slot belongs to the scope around it.
#include "call.h"

using namespace noci::standalone;

namespace {

/** A mismatch is no last error in Node.js either. */
napi_status close(napi_env env, size_t height) {
  if (env->open_scopes == 0) return napi_handle_scope_mismatch;
  env->open_scopes--;
  env->handles.drop_to(height);
  return succeed(env);
}

}  // namespace

napi_status napi_open_handle_scope(napi_env env, napi_handle_scope* result) {
  if (const napi_status refused = check(env, result)) return refused;
  *result = reinterpret_cast<napi_handle_scope>(env->handles.height());
  env->open_scopes++;
  return succeed(env);
}

napi_status napi_close_handle_scope(napi_env env, napi_handle_scope scope) {
  if (const napi_status refused = check(env, scope)) return refused;
  return close(env, reinterpret_cast<size_t>(scope));
}

napi_status napi_open_escapable_handle_scope(napi_env env, napi_escapable_handle_scope* result) {
  if (const napi_status refused = check(env, result)) return refused;
  const napi_value slot = env->handles.push(JS_UNINITIALIZED);
  if (slot == nullptr) return fail(env, napi_generic_failure);
  *result = reinterpret_cast<napi_escapable_handle_scope>(slot);
  env->open_scopes++;
  return succeed(env);
}

napi_status napi_close_escapable_handle_scope(napi_env env, napi_escapable_handle_scope scope) {
  if (const napi_status refused = check(env, scope)) return refused;
  return close(env, reinterpret_cast<size_t>(scope) + 1);
}

napi_status napi_escape_handle(napi_env env, napi_escapable_handle_scope scope, napi_value escapee,
                               napi_value* result) {
  if (const napi_status refused = check(env, scope, escapee, result)) return refused;
  JSValue& slot = env->handles.slot(reinterpret_cast<size_t>(scope));
  if (!JS_IsUninitialized(slot)) return fail(env, napi_escape_called_twice);
  slot = env->handles.dup(escapee);
  *result = reinterpret_cast<napi_value>(scope);
  return succeed(env);
}
