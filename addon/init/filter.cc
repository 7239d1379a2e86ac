#include "filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "messages.h"

namespace {

/** The listener's number is the process's own, and the kernel has marked it close-on-exec. */
void hand_over(Context& context, long listener) {
  message_request(context, context.scratch.join("seccomp:", context.scratch.decimal(listener)));
  if (!message_reply(context)) _exit(1);
  close(static_cast<int>(listener));
}

}  // namespace

Result filter_load(Context& context, const Filter& filter) {
  if (filter.size % sizeof(sock_filter) != 0 || filter.size / sizeof(sock_filter) > BPF_MAXINSNS)
    return failed("seccomp", EINVAL, "program");
  sock_fprog program = {};
  program.len = static_cast<unsigned short>(filter.size / sizeof(sock_filter));
  program.filter = reinterpret_cast<sock_filter*>(const_cast<uint8_t*>(filter.program));
  const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter.flags, &program);
  if (result < 0) return failed("seccomp", errno);
  if ((filter.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0) hand_over(context, result);
  return ok();
}

bool filter_listens(const Context& context) {
  const Filter& filter = context.filter;
  return filter.program != nullptr && filter.early && (filter.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
}

Result filter_load_kept(Context& context, bool early) {
  if (context.filter.program == nullptr || context.filter.early != early) return ok();
  const long long step = context.step;
  context.step = context.filter.step;
  NOCI_TRY(filter_load(context, context.filter));
  context.step = step;
  return ok();
}
