#include "nofile_limit.h"

namespace noci {
namespace {

std::optional<uint64_t> before;

}  // namespace

void nofile_limit_was(uint64_t soft) { before = soft; }

std::optional<uint64_t> nofile_limit() { return before; }

}  // namespace noci
