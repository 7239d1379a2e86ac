#ifndef NOCI_STANDALONE_NAPI_UTF8_H
#define NOCI_STANDALONE_NAPI_UTF8_H

#include <cstddef>
#include <cstdint>

namespace noci::standalone {

bool is_ascii(const char* bytes, size_t length);
bool is_utf8(const char* bytes, size_t length);

/**
 * Decodes as the WHATWG Encoding Standard does, with U+FFFD for each maximal part of an invalid sequence (Unicode 15,
 * section 3.9, table 3-8). `units` has room for `length` code units; the number of those written.
 */
size_t utf16_from_utf8(const char* bytes, size_t length, uint16_t* units);

/** U+FFFD for each lone surrogate of generalized UTF-8, which has the same three bytes for it. */
void replace_surrogates(char* bytes, size_t length);

/** The longest part of at most `capacity` bytes that cuts no sequence. */
size_t whole_sequences(const char* bytes, size_t length, size_t capacity);

}  // namespace noci::standalone

#endif
