#ifndef NOCI_INIT_QUOTED_H
#define NOCI_INIT_QUOTED_H

#include "arena.h"

/**
 * `text` in double quotes with the escapes of Go's %q, in the arena: callers compare these texts. Bytes from 0x80 on stay as
 * they are, which is what Go does with printable UTF-8.
 */
const char* quoted(Arena& arena, const char* text);

#endif
