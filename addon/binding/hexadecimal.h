#ifndef NOCI_BINDING_HEXADECIMAL_H
#define NOCI_BINDING_HEXADECIMAL_H

#include <array>
#include <cstdint>
#include <string>

namespace noci::binding {

/** Two digits a byte, lower case: how digests are written. */
template <size_t Size>
std::string hexadecimal(const std::array<uint8_t, Size>& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

}  // namespace noci::binding

#endif
