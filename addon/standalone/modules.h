#ifndef NOCI_STANDALONE_MODULES_H
#define NOCI_STANDALONE_MODULES_H

extern "C" {
#include <quickjs.h>
}

namespace noci::standalone {

/**
 * Evaluates the module `name` of those that the build compiled in, and returns its exports (owned by the caller), or JS_EXCEPTION.
 * Each is a function (exports, module) as bytecode; until it is asked for it costs nothing but its place in the file.
 */
JSValue load_module(JSContext* context, const char* name);

}  // namespace noci::standalone

#endif
