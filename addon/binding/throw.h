#ifndef NOCI_BINDING_THROW_H
#define NOCI_BINDING_THROW_H

#include <napi.h>

#include "parent/system_error.h"

namespace noci::binding {

/** The NativeError of contract.ts: an Error with code, errno, syscall and path. */
Napi::Error native_error(Napi::Env env, const SystemError& error);

}  // namespace noci::binding

#endif
