#ifndef NOCI_INIT_IDENTITY_H
#define NOCI_INIT_IDENTITY_H

#include <sys/types.h>

#include "../kernel/result.h"
#include "arena.h"
#include "step.h"

/** Who the container's process is; the members are fields of the step `credentials`. */
struct Identity {
  long long uid;
  long long gid;
  const gid_t* groups;
  size_t groupCount;
  /** false: setgroups(2) is not allowed here (user_namespaces(7), /proc/PID/setgroups) */
  bool setgroups;
};

/** The gids as setgroups(2) takes them, in `arena`. EINVAL for a number that is no gid. */
Result identity_groups(Arena& arena, const Integers& gids, Identity& identity);

/**
 * Groups, then gid, then uid: the other way round the right to the next is lost, and groups that are left behind are
 * the runtime's own (CVE-2022-2989, CVE-2022-36109), so an empty list is set as well. Afterwards the kernel is asked
 * whether it is so.
 */
Result identity_assume(Arena& texts, const Identity& identity);

#endif
