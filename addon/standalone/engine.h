#ifndef NOCI_STANDALONE_ENGINE_H
#define NOCI_STANDALONE_ENGINE_H

#include <quickjs.h>

namespace noci::standalone {

/** A context with what noci's code uses of ECMAScript and nothing else: no parser, no eval, no promise. nullptr: out of memory. */
JSContext* open_engine();

/** To be called by every process before its first JavaScript: from where and how deep the stack may grow. */
void limit_stack(JSContext* context);

/** Adds what only libraries use that are not on the way of a container's life (yargs). False, with the exception thrown. */
bool add_intrinsics_of_libraries(JSContext* context);

}  // namespace noci::standalone

#endif
