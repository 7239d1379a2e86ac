#include "identity.h"

#include <errno.h>
#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kernel/weakened.h"

namespace {

/** (uid_t)-1 and (gid_t)-1 mean "leave as it is" to the kernel. */
bool is_id(long long number) { return number >= 0 && number < 0xffffffff; }

/** EINVAL of the kernel: the id has no mapping in this user namespace. The words are runc's. */
Result id_error(Arena& texts, const char* syscall, const char* kind, long long id) {
  if (errno != EINVAL) return failed(syscall, errno, texts.decimal(id));
  return refused(texts.join("unable to setup user: cannot set", kind, " to unmapped ", kind, " ", texts.decimal(id),
                            " in user namespace"));
}

bool has_ids(const Identity& identity) {
  uid_t uids[3];
  gid_t gids[3];
  if (syscall(SYS_getresuid, &uids[0], &uids[1], &uids[2]) != 0) return false;
  if (syscall(SYS_getresgid, &gids[0], &gids[1], &gids[2]) != 0) return false;
  for (int i = 0; i < 3; i++) {
    if (uids[i] != identity.uid || gids[i] != identity.gid) return false;
  }
  return true;
}

uint64_t sum(const gid_t* groups, size_t count) {
  uint64_t total = 0;
  for (size_t i = 0; i < count; i++) total += groups[i];
  return total;
}

/** The kernel keeps them sorted by its own numbers, so they are compared as a heap: how many, and their sum. */
bool has_groups(Arena& arena, const Identity& identity) {
  if (!identity.setgroups || WEAKENED("S32")) return true;
  const long count = syscall(SYS_getgroups, 0, nullptr);
  if (count != static_cast<long>(identity.groupCount)) return false;
  gid_t* const groups = static_cast<gid_t*>(arena.take(identity.groupCount * sizeof(gid_t)));
  return syscall(SYS_getgroups, count, groups) == count &&
         sum(groups, identity.groupCount) == sum(identity.groups, identity.groupCount);
}

}  // namespace

Result identity_groups(Arena& arena, const Integers& gids, Identity& identity) {
  gid_t* const groups = static_cast<gid_t*>(arena.take(gids.count() * sizeof(gid_t)));
  for (uint32_t i = 0; i < gids.count(); i++) {
    if (!is_id(gids.at(i))) return failed("setgroups", EINVAL, arena.decimal(gids.at(i)));
    groups[i] = static_cast<gid_t>(gids.at(i));
  }
  identity.groups = groups;
  identity.groupCount = gids.count();
  return ok();
}

Result identity_assume(Arena& texts, const Identity& identity) {
  if (!is_id(identity.uid) || !is_id(identity.gid)) return failed("setresuid", EINVAL);
  // The raw calls: libc's change every thread, for which init has no code.
  if (identity.setgroups && !WEAKENED("S32") && syscall(SYS_setgroups, identity.groupCount, identity.groups) != 0)
    return failed("setgroups", errno);
  if (syscall(SYS_setresgid, identity.gid, identity.gid, identity.gid) != 0)
    return id_error(texts, "setresgid", "gid", identity.gid);
  if (syscall(SYS_setresuid, identity.uid, identity.uid, identity.uid) != 0)
    return id_error(texts, "setresuid", "uid", identity.uid);
  if (!has_ids(identity)) return failed("getresuid", EPERM);
  if (!has_groups(texts, identity)) return failed("getgroups", EPERM);
  return ok();
}
