#include "utf8.h"

#include <cstring>

namespace noci::standalone {
namespace {

constexpr uint16_t kReplacement = 0xFFFD;

struct Sequence {
  /** bytes, at least 1 */
  size_t length;
  bool valid;
  char32_t code;
};

bool continues(const char* at, const char* end, unsigned char low, unsigned char high) {
  return at < end && static_cast<unsigned char>(*at) >= low && static_cast<unsigned char>(*at) <= high;
}

/** Bytes that follow `first`; 0 also for what begins no sequence. Unicode 15, table 3-7 */
size_t following(unsigned char first) {
  if (first >= 0xC2 && first <= 0xDF) return 1;
  if (first >= 0xE0 && first <= 0xEF) return 2;
  return first >= 0xF0 && first <= 0xF4 ? 3 : 0;
}

Sequence sequence_at(const char* at, const char* end) {
  const auto first = static_cast<unsigned char>(*at);
  if (first < 0x80) return {1, true, first};
  const size_t count = following(first);
  if (count == 0) return {1, false, 0};
  // The second byte refuses overlong forms, surrogates and what is above U+10FFFF.
  unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  char32_t code = first & (0x3Fu >> count);
  for (size_t i = 1; i <= count; i++) {
    if (!continues(at + i, end, low, high)) return {i, false, 0};
    code = code << 6 | (static_cast<unsigned char>(at[i]) & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {count + 1, true, code};
}

size_t put(char32_t code, uint16_t* units) {
  if (code < 0x10000) {
    units[0] = static_cast<uint16_t>(code);
    return 1;
  }
  units[0] = static_cast<uint16_t>(0xD800 + ((code - 0x10000) >> 10));
  units[1] = static_cast<uint16_t>(0xDC00 + ((code - 0x10000) & 0x3FF));
  return 2;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

bool is_ascii(const char* bytes, size_t length) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  size_t at = 0;
  for (uint64_t word; at + sizeof word <= length; at += sizeof word) {
    memcpy(&word, bytes + at, sizeof word);
    if ((word & kHighBits) != 0) return false;
  }
  for (; at < length; at++) {
    if (static_cast<unsigned char>(bytes[at]) >= 0x80) return false;
  }
  return true;
}

bool is_utf8(const char* bytes, size_t length) {
  const char* const end = bytes + length;
  for (const char* at = bytes; at < end;) {
    const Sequence sequence = sequence_at(at, end);
    if (!sequence.valid) return false;
    at += sequence.length;
  }
  return true;
}

size_t utf16_from_utf8(const char* bytes, size_t length, uint16_t* units) {
  const char* const end = bytes + length;
  size_t count = 0;
  for (const char* at = bytes; at < end;) {
    const Sequence sequence = sequence_at(at, end);
    count += put(sequence.valid ? sequence.code : kReplacement, units + count);
    at += sequence.length;
  }
  return count;
}

void replace_surrogates(char* bytes, size_t length) {
  char* const end = bytes + length;
  for (char* at = bytes; at + 2 < end; at++) {
    at = static_cast<char*>(memchr(at, 0xED, static_cast<size_t>(end - at)));
    if (at == nullptr) return;
    if (at + 2 < end && static_cast<unsigned char>(at[1]) >= 0xA0) memcpy(at, "\xEF\xBF\xBD", 3);
  }
}

size_t whole_sequences(const char* bytes, size_t length, size_t capacity) {
  if (length <= capacity) return length;
  while (capacity > 0 && is_continuation(bytes[capacity])) capacity--;
  return capacity;
}

}  // namespace noci::standalone
