#include "working_directory.h"

#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kernel/weakened.h"

Result working_directory_inside(Context& context) {
  if (WEAKENED("S03")) return ok();
  char path[PATH_MAX];
  const long length = syscall(SYS_getcwd, path, sizeof path);
  if (length > 0 && path[0] == '/') {
    context.inside = true;
    return ok();
  }
  // ENOENT is a directory that was removed. Its ".." still leads to where it was, so it is refused as well, as in runc.
  if (length < 0 && errno != ENOENT) return context.inside ? ok() : failed("getcwd", errno);
  return refused(
      "current working directory is outside of container mount namespace root -- possible container breakout detected");
}
