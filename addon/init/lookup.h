#ifndef NOCI_INIT_LOOKUP_H
#define NOCI_INIT_LOOKUP_H

#include "../kernel/result.h"
#include "arena.h"

/**
 * Finds the program `name` as Go's exec.LookPath does, because callers of runc match on its errors: a name with a slash is
 * taken as it is; another is looked for in the directories of `path` (nullptr or "": in none). Asked with the rights of
 * the process as it is now. `executable` is in `arena`, and so are the texts.
 */
Result lookup_executable(Arena& arena, const char* name, const char* path, const char*& executable);

#endif
