#ifndef NOCI_INIT_PROC_SELF_H
#define NOCI_INIT_PROC_SELF_H

#include "../kernel/fd.h"

/**
 * Opens `name` below /proc/self in the procfs of the mount namespace init is in, which is the runtime's as long as no
 * mount has been made and no mount namespace entered. Not for use after that: the container decides what its /proc is.
 *
 * The directory is checked to be procfs, and `name` may hold no symbolic link, so that a write cannot land elsewhere
 * (CVE-2019-16884, CVE-2025-52881). Invalid with errno set when it cannot be opened. proc_self(5)
 */
Fd open_proc_self(const char* name, int flags);

/** As above for a link in /proc/self/ns, which has to be followed. namespaces(7) */
Fd open_own_namespace(const char* name);

#endif
