#ifndef NOCI_STANDALONE_NAPI_NAPI_ENV_H
#define NOCI_STANDALONE_NAPI_NAPI_ENV_H

#include <node_api.h>
#include <quickjs.h>

#include "callbacks.h"
#include "handles.h"

struct napi_env__ {
  JSContext* context;
  noci::standalone::Handles handles;
  noci::standalone::Callbacks callbacks;
  /** The exception that the addon has not handled yet, which the engine no longer has; JS_UNINITIALIZED: none. */
  JSValue pending;
  napi_extended_error_info last_error;
  int open_scopes;
};

#endif
