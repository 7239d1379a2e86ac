#ifndef NOCI_INIT_NOT_EXECUTABLE_H
#define NOCI_INIT_NOT_EXECUTABLE_H

#include "arena.h"

/**
 * Why a file that is there cannot be executed, and what helps, to stand behind the words of `error`: "; its interpreter "/bin/bash" is
 * missing: …". Empty when nothing is found. It is looked at as whoever was to execute it, and only after that was refused.
 */
const char* not_executable_cause(Arena& arena, const char* path, int error);

#endif
