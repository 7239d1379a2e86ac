#include "call.h"

#include <fcntl.h>

#include <climits>

#include "text.h"

namespace noci::binding {

int64_t Call::integer(size_t index, const char* what, int64_t minimum, int64_t maximum) const {
  return reader_.integer(info_[index], what, minimum, maximum);
}

int Call::number(size_t index, const char* what) const {
  return static_cast<int>(integer(index, what, INT_MIN, INT_MAX));
}

uint32_t Call::bits(size_t index, const char* what) const {
  return static_cast<uint32_t>(integer(index, what, 0, UINT32_MAX));
}

int Call::directory(size_t index, const char* what) const {
  const int64_t number = integer(index, what, AT_FDCWD, INT_MAX);
  if (number < 0 && number != AT_FDCWD) reader_.refuse(what, "a file descriptor or -100");
  return static_cast<int>(number);
}

Napi::Value Call::result(const std::string& bytes) const { return text_from_bytes(env(), bytes); }

}  // namespace noci::binding
