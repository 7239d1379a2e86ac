#ifndef NOCI_INIT_WORKING_DIRECTORY_H
#define NOCI_INIT_WORKING_DIRECTORY_H

#include "context.h"

/**
 * Refuses a working directory that is not below init's root: the kernel says "(unreachable)…" for one (CVE-2024-21626).
 * By the raw getcwd(2): libc's turns that into ENOENT. A profile may refuse that call; where it was loaded before the ids were
 * changed, the answer from before it counts.
 */
Result working_directory_inside(Context& context);

#endif
