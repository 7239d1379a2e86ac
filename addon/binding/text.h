#ifndef NOCI_BINDING_TEXT_H
#define NOCI_BINDING_TEXT_H

#include <napi.h>

#include <string>
#include <string_view>

namespace noci::binding {

/**
 * Bytes of the kernel as a JavaScript string: valid UTF-8 is decoded, any other byte B becomes the lone surrogate
 * U+DC00+B (U+DC80..U+DCFF), so that every byte sequence survives the way there and back.
 */
Napi::Value text_from_bytes(napi_env env, std::string_view bytes);

/** What went wrong in {@link bytes_from_text}; `offset` is that of the byte written so far. */
struct TextProblem {
  bool found = false;
  size_t offset = 0;
};

/**
 * The inverse. A lone surrogate outside U+DC80..U+DCFF has no byte: `problem` is set and the conversion stops there.
 * With `escapes` false, U+DC80..U+DCFF are a problem too (text that must be UTF-8).
 */
std::string bytes_from_text(napi_env env, napi_value text, bool escapes, TextProblem& problem);

}  // namespace noci::binding

#endif
