#ifndef NOCI_STANDALONE_NAPI_STRINGS_H
#define NOCI_STANDALONE_NAPI_STRINGS_H

#include "call.h"

namespace noci::standalone {

/** V8 counts in ints. */
inline bool is_length(size_t length) { return length == NAPI_AUTO_LENGTH || length <= INT32_MAX; }

/** Invalid UTF-8 is replaced as V8 does it and not as the engine does. JS_EXCEPTION with the exception thrown. */
JSValue string_from_utf8(JSContext* context, const char* bytes, size_t length);

/** The key of a property, JS_ATOM_NULL with the exception thrown. */
JSAtom name_from_utf8(JSContext* context, const char* name);

}  // namespace noci::standalone

#endif
