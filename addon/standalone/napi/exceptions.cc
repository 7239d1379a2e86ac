#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "call.h"

using namespace noci::standalone;

namespace {

/** By the number of the status, as the table of Node.js has them. */
constexpr const char* kMessages[] = {
    nullptr,
    "Invalid argument",
    "An object was expected",
    "A string was expected",
    "A string or symbol was expected",
    "A function was expected",
    "A number was expected",
    "A boolean was expected",
    "An array was expected",
    "Unknown failure",
    "An exception is pending",
    "The async work item was cancelled",
    "napi_escape_handle already called on scope",
    "Invalid handle scope usage",
    "Invalid callback scope usage",
    "Thread-safe function queue is full",
    "Thread-safe function handle is closing",
    "A bigint was expected",
    "A date was expected",
    "An arraybuffer was expected",
    "A detachable arraybuffer was expected",
    "Main thread would deadlock",
    "External buffers are not allowed",
    "Cannot run JavaScript",
};
static_assert(sizeof kMessages / sizeof *kMessages == napi_cannot_run_js + 1);

constexpr int kHidden = JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE;

/**
 * Gives `error`, which it takes over, its message and code. The constructors of the engine are not called: scripts can
 * replace them, and those of C cut a message after 255 bytes.
 */
napi_status complete(napi_env env, JSValue error, napi_value code, napi_value message, napi_value* result) {
  if (JS_IsException(error)) return caught(env);
  JSContext* const context = env->context;
  int answer = JS_DefinePropertyValueStr(context, error, "message", env->handles.dup(message), kHidden);
  if (answer >= 0 && code != nullptr) {
    answer = JS_DefinePropertyValueStr(context, error, "code", env->handles.dup(code), JS_PROP_C_W_E);
  }
  if (answer >= 0) return give(env, result, error);
  JS_FreeValue(context, error);
  return caught(env);
}

napi_status check_texts(napi_env env, napi_value code, napi_value message, napi_value* result) {
  if (const napi_status refused = check(env, message, result)) return refused;
  const bool texts = JS_IsString(env->handles[message]) && (code == nullptr || JS_IsString(env->handles[code]));
  return texts ? napi_ok : fail(env, napi_string_expected);
}

int length_of(const char* text, size_t length) {
  return static_cast<int>(length == NAPI_AUTO_LENGTH ? strlen(text) : length);
}

}  // namespace

napi_status napi_create_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  if (const napi_status refused = check_texts(env, code, message, result)) return refused;
  return complete(env, JS_NewError(env->context), code, message, result);
}

napi_status napi_create_type_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  if (const napi_status refused = check_texts(env, code, message, result)) return refused;
  return complete(env, JS_NewTypeError(env->context, "%s", ""), code, message, result);
}

napi_status napi_throw(napi_env env, napi_value error) {
  if (const napi_status refused = enter(env, error)) return refused;
  env->pending = env->handles.dup(error);
  return succeed(env);
}

napi_status napi_is_exception_pending(napi_env env, bool* result) {
  if (const napi_status refused = check(env, result)) return refused;
  *result = is_pending(env);
  return succeed(env);
}

napi_status napi_get_and_clear_last_exception(napi_env env, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  if (!is_pending(env)) return give(env, result, Handles::kUndefined);
  const JSValue exception = env->pending;
  env->pending = JS_UNINITIALIZED;
  return give(env, result, exception);
}

napi_status napi_get_last_error_info(napi_env env, const napi_extended_error_info** result) {
  if (const napi_status refused = check(env, result)) return refused;
  env->last_error.error_message = kMessages[env->last_error.error_code];
  *result = &env->last_error;
  return napi_ok;
}

void napi_fatal_error(const char* location, size_t location_length, const char* message, size_t message_length) {
  if (location == nullptr) location = "", location_length = 0;
  fprintf(stderr, "FATAL ERROR: %.*s%s%.*s\n", length_of(location, location_length), location,
          *location == '\0' ? "" : " ", length_of(message, message_length), message);
  abort();
}
