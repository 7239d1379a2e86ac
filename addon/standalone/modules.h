#ifndef NOCI_STANDALONE_MODULES_H
#define NOCI_STANDALONE_MODULES_H

extern "C" {
#include <quickjs.h>
}

namespace noci::standalone {

/**
 * As load_module, src/main.ts. In a program that goes on from an image the module is loaded already, and its bytecode is not in the
 * file: the image has its place.
 */
JSValue load_main(JSContext* context);

/**
 * Evaluates the module `name` of those that the build compiled in, and returns its exports (owned by the caller), or JS_EXCEPTION.
 * Each is a function (exports, module, noci_shared) as bytecode, the last is what main exports as `shared`; until it is asked for it
 * costs nothing but its place in the file.
 */
JSValue load_module(JSContext* context, const char* name, JSValueConst shared);

}  // namespace noci::standalone

#endif
