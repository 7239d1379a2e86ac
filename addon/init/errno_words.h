#ifndef NOCI_INIT_ERRNO_WORDS_H
#define NOCI_INIT_ERRNO_WORDS_H

#include "arena.h"

/**
 * errno in words as Go's syscall package has them ("no such file or directory"): init makes the sentences that callers of
 * runc match on where only init knows what was tried. A number without words is "errno 12345", as in Go.
 */
const char* errno_words(Arena& arena, int error);

#endif
