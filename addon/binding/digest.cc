#include "functions.h"
#include "hexadecimal.h"
#include "parent/blake2b.h"

namespace noci::binding::functions {

Napi::Value blake2b(Call& call) { return call.result(hexadecimal(noci::blake2b(call.data(0, "data")))); }

}  // namespace noci::binding::functions
