#include "quoted.h"

#include <string.h>

namespace {

/** Pairs: the letter after the backslash, the byte it stands for. */
constexpr char kEscapes[] = "a\ab\bf\fn\nr\rt\tv\v\\\\\"\"";
constexpr char kHex[] = "0123456789abcdef";

char* escape(char* end, char byte) {
  for (size_t i = 0; i + 1 < sizeof kEscapes - 1; i += 2) {
    if (kEscapes[i + 1] != byte) continue;
    *end++ = '\\';
    *end++ = kEscapes[i];
    return end;
  }
  const unsigned char value = static_cast<unsigned char>(byte);
  if (value >= 0x20 && value != 0x7f) {
    *end++ = byte;
    return end;
  }
  *end++ = '\\';
  *end++ = 'x';
  *end++ = kHex[value >> 4];
  *end++ = kHex[value & 15];
  return end;
}

}  // namespace

const char* quoted(Arena& arena, const char* text) {
  // Four bytes for each at most, two quotes and the NUL.
  char* const start = static_cast<char*>(arena.take(strlen(text) * 4 + 3));
  char* end = start;
  *end++ = '"';
  for (; *text != '\0'; text++) end = escape(end, *text);
  *end++ = '"';
  *end = '\0';
  return start;
}
