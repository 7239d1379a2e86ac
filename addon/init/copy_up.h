#ifndef NOCI_INIT_COPY_UP_H
#define NOCI_INIT_COPY_UP_H

#include "../kernel/result.h"

/**
 * Copies what is in directory `from` into directory `to`, which is mounted nowhere yet (mount option tmpcopyup). Each entry
 * is opened by its one name and never through a link, so nothing outside `from` is read whatever happens to it meanwhile
 * (CVE-2018-15664). Types, modes, owners and times are kept; sockets are left out. `path` is for errors.
 */
Result copy_up(int from, int to, const char* path);

#endif
