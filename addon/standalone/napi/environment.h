#ifndef NOCI_STANDALONE_NAPI_ENVIRONMENT_H
#define NOCI_STANDALONE_NAPI_ENVIRONMENT_H

#include <node_api.h>
#include <quickjs.h>

#include <cstddef>

/**
 * Node-API over QuickJS-ng: the functions that the addon calls, no more, and what they do in Node.js 20, down to the
 * statuses (test/native/standalone compares both). Not as there:
 * - Functions are no constructors, and bound to no other context.
 * - References are strong; one that begins weak is refused with napi_generic_failure.
 * - Where V8 ends the process for want of memory, the engine's InternalError is pending.
 * - The words of an engine's own errors are the engine's.
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
