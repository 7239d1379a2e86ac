#include "strings.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "utf8.h"

namespace noci::standalone {
namespace {

JSValue string_with_replacements(JSContext* context, const char* bytes, size_t length) {
  auto* units = static_cast<uint16_t*>(js_malloc(context, length * sizeof(uint16_t)));
  if (units == nullptr) return JS_EXCEPTION;
  const JSValue string = JS_NewStringUTF16(context, units, utf16_from_utf8(bytes, length, units));
  js_free(context, units);
  return string;
}

/** A null pointer is the empty string when the length says so. */
template <typename Unit>
napi_status check_new_string(napi_env env, const Unit* text, size_t length, napi_value* result) {
  if (const napi_status refused = check(env)) return refused;
  if (length > 0 && text == nullptr) return fail(env, napi_invalid_arg);
  if (const napi_status refused = check(env, result)) return refused;
  return is_length(length) ? napi_ok : fail(env, napi_invalid_arg);
}

/** Node.js has no exception for a string that cannot be made. */
napi_status give_string(napi_env env, napi_value* result, JSValue string) {
  if (!JS_IsException(string)) return give(env, result, string);
  JS_FreeValue(env->context, JS_GetException(env->context));
  return fail(env, napi_generic_failure);
}

napi_status check_string(napi_env env, napi_value value) {
  if (const napi_status refused = check(env, value)) return refused;
  return JS_IsString(env->handles[value]) ? napi_ok : fail(env, napi_string_expected);
}

}  // namespace

JSValue string_from_utf8(JSContext* context, const char* bytes, size_t length) {
  if (is_ascii(bytes, length) || is_utf8(bytes, length)) return JS_NewStringLen(context, bytes, length);
  return string_with_replacements(context, bytes, length);
}

JSAtom name_from_utf8(JSContext* context, const char* name) {
  const size_t length = strlen(name);
  // The engine compares names as Latin-1 with those it has, so that another than the one meant could answer.
  if (is_ascii(name, length)) return JS_NewAtomLen(context, name, length);
  const JSValue string = string_from_utf8(context, name, length);
  if (JS_IsException(string)) return JS_ATOM_NULL;
  const JSAtom atom = JS_ValueToAtom(context, string);
  JS_FreeValue(context, string);
  return atom;
}

}  // namespace noci::standalone

using namespace noci::standalone;

napi_status napi_create_string_utf8(napi_env env, const char* text, size_t length, napi_value* result) {
  if (const napi_status refused = check_new_string(env, text, length, result)) return refused;
  if (length == NAPI_AUTO_LENGTH) length = strlen(text);
  return give_string(env, result, string_from_utf8(env->context, text, length));
}

napi_status napi_create_string_utf16(napi_env env, const char16_t* text, size_t length, napi_value* result) {
  if (const napi_status refused = check_new_string(env, text, length, result)) return refused;
  if (length == NAPI_AUTO_LENGTH) length = std::char_traits<char16_t>::length(text);
  const auto* units = reinterpret_cast<const uint16_t*>(text);
  return give_string(env, result, JS_NewStringUTF16(env->context, units, length));
}

/** Without a buffer: the length in bytes. Otherwise as many whole characters as fit before the final NUL. */
napi_status napi_get_value_string_utf8(napi_env env, napi_value value, char* buffer, size_t size, size_t* result) {
  if (const napi_status refused = check_string(env, value)) return refused;
  if (buffer == nullptr && result == nullptr) return fail(env, napi_invalid_arg);
  size_t length = 0;
  if (buffer == nullptr || size != 0) {
    const char* const bytes = JS_ToCStringLen(env->context, &length, env->handles[value]);
    if (bytes == nullptr) return caught(env);
    if (buffer != nullptr) {
      length = whole_sequences(bytes, length, size - 1);
      memcpy(buffer, bytes, length);
      buffer[length] = '\0';
      replace_surrogates(buffer, length);
    }
    JS_FreeCString(env->context, bytes);
  }
  if (result != nullptr) *result = length;
  return succeed(env);
}

/** The same in code units. A pair may be cut. */
napi_status napi_get_value_string_utf16(napi_env env, napi_value value, char16_t* buffer, size_t size, size_t* result) {
  if (const napi_status refused = check_string(env, value)) return refused;
  if (buffer == nullptr && result == nullptr) return fail(env, napi_invalid_arg);
  size_t length = 0;
  if (buffer == nullptr || size != 0) {
    const uint16_t* const units = JS_ToCStringLenUTF16(env->context, &length, env->handles[value]);
    if (units == nullptr) return caught(env);
    if (buffer != nullptr) {
      length = std::min(length, size - 1);
      memcpy(buffer, units, length * sizeof *units);
      buffer[length] = u'\0';
    }
    JS_FreeCStringUTF16(env->context, units);
  }
  if (result != nullptr) *result = length;
  return succeed(env);
}
