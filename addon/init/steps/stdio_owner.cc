#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../kernel/inode.h"
#include "../../kernel/weakened.h"
#include "../step.h"

namespace {

/** Where giving it away is impossible the process has to do with the permissions there are, as in runc. */
bool harmless(int error) { return error == EPERM || error == EROFS || error == EINVAL || error == EBADF; }

}  // namespace

/**
 * Stdio belongs to the container's user, so that it can open /dev/stdout again. The group stays: devpts has one of its
 * own. A null device is shared by everybody and is left alone. (CVE-2026-88265, runc #3674, #4679)
 */
Result step_stdio_owner(Context&, Fields& fields) {
  const uid_t uid = static_cast<uid_t>(fields.integer());
  for (int fd = 0; fd <= 2; fd++) {
    struct stat status = {};
    if (fstat(fd, &status) != 0 || status.st_uid == uid || (kernel::is_null_device(fd) && !WEAKENED("S43"))) continue;
    if (fchown(fd, uid, static_cast<gid_t>(-1)) != 0 && !harmless(errno)) return failed("fchown", errno, "stdio");
  }
  return ok();
}
