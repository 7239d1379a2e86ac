#ifndef NOCI_BINDING_THROW_H
#define NOCI_BINDING_THROW_H

#include <napi.h>

#include "parent/system_error.h"

namespace noci::binding {

/** The NativeError of contract.ts: an Error with code, errno, syscall and path. */
Napi::Error native_error(Napi::Env env, const SystemError& error);

#ifdef NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
/**
 * Throws it in JavaScript, or nowhere: a worker thread that is being terminated takes no exception, and one of C++ that leaves a function
 * of Node-API ends the whole program.
 */
inline void throw_if_possible(const Napi::Error& error) {
  try {
    error.ThrowAsJavaScriptException();
  } catch (const Napi::Error&) {
  }
}
#endif

}  // namespace noci::binding

#endif
