#include <sys/inotify.h>

#include "functions.h"
#include "parent/system_error.h"

namespace noci::binding::functions {

Napi::Value inotify(Call& call) {
  const int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) fail("inotify_init1");
  return call.result(fd);
}

Napi::Value inotifyAdd(Call& call) {
  const int fd = call.fd(0);
  const std::string path = call.path(1);
  const int watch = inotify_add_watch(fd, path.c_str(), call.bits(2, "mask"));
  if (watch < 0) fail("inotify_add_watch", path);
  return call.result(watch);
}

Napi::Value inotifyRemove(Call& call) {
  const int fd = call.fd(0);
  if (inotify_rm_watch(fd, call.number(1, "watch")) != 0) fail("inotify_rm_watch");
  return call.undefined();
}

}  // namespace noci::binding::functions
