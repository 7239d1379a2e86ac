#ifndef NOCI_STANDALONE_NAPI_ENVIRONMENT_H
#define NOCI_STANDALONE_NAPI_ENVIRONMENT_H

#include <node_api.h>
#include <quickjs.h>

#include <cstddef>

/**
 * Node-API over QuickJS-ng: the functions that the addon calls, no more, as Node.js 20 behaves. See README.md.
 */
namespace noci::standalone {

/** There is one environment in a context, in the engine's memory. Null: no memory. */
napi_env open_environment(JSContext* context);

/** The exports of an addon, owned by the caller, or JS_EXCEPTION with the exception thrown in the context. */
JSValue load_exports(napi_env env, napi_addon_register_func init);

/** Frees the environment and what it holds, so that the engine can check that nothing is left. */
void close_environment(napi_env env);

/** Values that are held for the addon: 0 outside of any call. */
size_t open_handles(napi_env env);

}  // namespace noci::standalone

#endif
