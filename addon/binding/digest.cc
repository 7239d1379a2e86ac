#include "functions.h"
#include "parent/blake2b.h"

namespace noci::binding::functions {

Napi::Value blake2b(Call& call) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : noci::blake2b(call.data(0, "data"))) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return call.result(text);
}

}  // namespace noci::binding::functions
