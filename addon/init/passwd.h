#ifndef NOCI_INIT_PASSWD_H
#define NOCI_INIT_PASSWD_H

#include "arena.h"

/**
 * The home directory of `uid` in the passwd file that `file` is, in `scratch`; nullptr when there is none to be relied on.
 *
 * The file is the image's: it is a regular file or not read at all, at most 1 MiB of it is read, and a line counts only when
 * it has seven fields, a decimal uid and an absolute home (CVE-2026-47262, runc #3079). passwd(5)
 */
const char* passwd_home(Arena& scratch, int file, unsigned uid);

#endif
