#ifndef NOCI_PARENT_BLAKE2B_H
#define NOCI_PARENT_BLAKE2B_H

#include <array>
#include <cstdint>
#include <string_view>

namespace noci {

/** BLAKE2b without a key, of the full 64 bytes. RFC 7693 */
std::array<uint8_t, 64> blake2b(std::string_view data);

}  // namespace noci

#endif
