#ifndef NOCI_INIT_WORKING_DIRECTORY_H
#define NOCI_INIT_WORKING_DIRECTORY_H

#include "../kernel/result.h"

/**
 * Refuses a working directory that is not below init's root: the kernel says "(unreachable)…" for one (CVE-2024-21626).
 * By the raw getcwd(2): libc's turns that into ENOENT.
 */
Result working_directory_inside();

#endif
