#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "functions.h"
#include "parent/system_error.h"

namespace noci::binding::functions {

Napi::Value seccompReceive(Call& call) {
  const int listener = call.fd(0, "listener");
  // The kernel refuses one that is not zero, and may ask for more bytes than were known when this was compiled.
  alignas(seccomp_notif) char buffer[4096] = {};
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, buffer) != 0) {
    // ENOENT: the caller was killed meanwhile, or somebody else has taken it
    if (errno == ENOENT || errno == EINTR || errno == EAGAIN) return call.undefined();
    fail("ioctl(SECCOMP_IOCTL_NOTIF_RECV)");
  }
  const auto& notification = *reinterpret_cast<const seccomp_notif*>(buffer);
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("id", call.bigint(notification.id));
  result.Set("pid", call.result(int64_t{notification.pid}));
  result.Set("arch", call.result(int64_t{notification.data.arch}));
  result.Set("number", call.result(static_cast<int64_t>(static_cast<uint32_t>(notification.data.nr))));
  return result;
}

Napi::Value seccompContinue(Call& call) {
  const int listener = call.fd(0, "listener");
  alignas(seccomp_notif_resp) char buffer[4096] = {};
  auto& response = *reinterpret_cast<seccomp_notif_resp*>(buffer);
  response.id = call.reader().integer64(call.argument(1), "id");
  response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0) return call.result(true);
  // The caller has gone, or a signal has called it away: it asks again then.
  if (errno == ENOENT) return call.result(false);
  fail("ioctl(SECCOMP_IOCTL_NOTIF_SEND)");
}

}  // namespace noci::binding::functions
