#ifndef NOCI_LIBRARY_FUNCTIONS_H
#define NOCI_LIBRARY_FUNCTIONS_H

#include <napi.h>

#include "binding/call.h"

namespace noci::library {

/** src/node/library-addon.ts says what they take and give. */
Napi::Value start(binding::Call& call);
Napi::Value ended(binding::Call& call);
Napi::Value release(binding::Call& call);
Napi::Value duplicate(binding::Call& call);
Napi::Value open_terminal(binding::Call& call);
Napi::Value listen(binding::Call& call);
Napi::Value receive_terminal(binding::Call& call);

}  // namespace noci::library

#endif
