#ifndef NOCI_STANDALONE_NAPI_FUNCTIONS_H
#define NOCI_STANDALONE_NAPI_FUNCTIONS_H

#include "napi_env.h"

namespace noci::standalone {

/** `name` is ASCII. JS_EXCEPTION with the exception thrown. */
JSValue new_function(napi_env env, const char* name, napi_callback callback, void* data);

}  // namespace noci::standalone

#endif
