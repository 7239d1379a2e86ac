#include "text.h"

#include <cstdint>
#include <cstring>

namespace noci::binding {
namespace {

constexpr char16_t kEscape = 0xDC00;

bool continues(std::string_view bytes, size_t at, unsigned char low = 0x80, unsigned char high = 0xBF) {
  if (at >= bytes.size()) return false;
  const auto byte = static_cast<unsigned char>(bytes[at]);
  return byte >= low && byte <= high;
}

/**
 * Length of the UTF-8 sequence at `at`, 0 when it is none (Unicode 15, table 3-7: no overlong forms, no surrogates).
 */
size_t sequence_length(std::string_view bytes, size_t at) {
  const auto first = static_cast<unsigned char>(bytes[at]);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(bytes, at + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned char low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = first == 0xED ? 0x9F : 0xBF;
    return continues(bytes, at + 1, low, high) && continues(bytes, at + 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned char low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xF4 ? 0x8F : 0xBF;
    return continues(bytes, at + 1, low, high) && continues(bytes, at + 2) && continues(bytes, at + 3) ? 4 : 0;
  }
  return 0;
}

/** How many bytes from `at` on are ASCII, in steps of eight: nearly all text is. */
size_t ascii_length(std::string_view bytes, size_t at) {
  size_t length = 0;
  for (uint64_t word; at + length + sizeof word <= bytes.size(); length += sizeof word) {
    memcpy(&word, bytes.data() + at + length, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  return length;
}

bool is_utf8(std::string_view bytes) {
  for (size_t at = ascii_length(bytes, 0); at < bytes.size(); at += ascii_length(bytes, at)) {
    const size_t length = sequence_length(bytes, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

char32_t decode(std::string_view bytes, size_t at, size_t length) {
  constexpr unsigned char kFirstMask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code = static_cast<unsigned char>(bytes[at]) & kFirstMask[length];
  for (size_t i = 1; i < length; i++) code = code << 6 | (static_cast<unsigned char>(bytes[at + i]) & 0x3F);
  return code;
}

void append_utf16(std::u16string& out, char32_t code) {
  if (code < 0x10000) {
    out.push_back(static_cast<char16_t>(code));
    return;
  }
  out.push_back(static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10)));
  out.push_back(static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FF)));
}

std::u16string with_escapes(std::string_view bytes) {
  std::u16string out;
  out.reserve(bytes.size());
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = sequence_length(bytes, at);
    if (length == 0) {
      out.push_back(static_cast<char16_t>(kEscape + static_cast<unsigned char>(bytes[at++])));
    } else {
      append_utf16(out, decode(bytes, at, length));
      at += length;
    }
  }
  return out;
}

void append_utf8(std::string& out, char32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | code >> 18));
    out.push_back(static_cast<char>(0x80 | (code >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

bool is_high(char16_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(char16_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }
bool is_escape(char16_t unit) { return unit >= kEscape + 0x80 && unit <= kEscape + 0xFF; }

std::u16string utf16_of(napi_env env, napi_value text) {
  size_t length = 0;
  if (napi_get_value_string_utf16(env, text, nullptr, 0, &length) != napi_ok) throw Napi::Error::New(env);
  std::u16string units(length, u'\0');
  // The last unit is written by the call as a terminator into the string's own.
  if (napi_get_value_string_utf16(env, text, units.data(), length + 1, &length) != napi_ok) throw Napi::Error::New(env);
  return units;
}

/** Lone surrogates arrive as U+FFFD. */
std::string replaced_utf8_of(napi_env env, napi_value text) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, text, nullptr, 0, &length) != napi_ok) throw Napi::Error::New(env);
  std::string bytes(length, '\0');
  if (napi_get_value_string_utf8(env, text, bytes.data(), length + 1, &length) != napi_ok) throw Napi::Error::New(env);
  return bytes;
}

std::string bytes_from_units(const std::u16string& units, bool escapes, TextProblem& problem) {
  std::string out;
  out.reserve(units.size() + units.size() / 8);
  for (size_t at = 0; at < units.size(); at++) {
    const char16_t unit = units[at];
    if (is_high(unit) && at + 1 < units.size() && is_low(units[at + 1])) {
      append_utf8(out, 0x10000 + ((unit - 0xD800u) << 10) + (units[++at] - 0xDC00u));
    } else if (escapes && is_escape(unit)) {
      out.push_back(static_cast<char>(unit - kEscape));
    } else if (is_high(unit) || is_low(unit)) {
      problem = {true, out.size()};
      return out;
    } else {
      append_utf8(out, unit);
    }
  }
  return out;
}

}  // namespace

Napi::Value text_from_bytes(napi_env env, std::string_view bytes) {
  napi_value result = nullptr;
  napi_status status;
  if (is_utf8(bytes)) {
    status = napi_create_string_utf8(env, bytes.data(), bytes.size(), &result);
  } else {
    const std::u16string units = with_escapes(bytes);
    status = napi_create_string_utf16(env, units.data(), units.size(), &result);
  }
  if (status != napi_ok) throw Napi::Error::New(env);
  return {env, result};
}

std::string bytes_from_text(napi_env env, napi_value text, bool escapes, TextProblem& problem) {
  std::string out = replaced_utf8_of(env, text);
  // No replacement character: there was no lone surrogate, and the engine's own conversion is the right one.
  if (out.find("\xEF\xBF\xBD") == std::string::npos) return out;
  return bytes_from_units(utf16_of(env, text), escapes, problem);
}

}  // namespace noci::binding
