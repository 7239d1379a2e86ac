#include "go_between.h"

#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

#include "raw_syscall.h"

namespace noci {
namespace {

[[noreturn]] void leave(int status) {
  for (;;) raw_syscall(SYS_exit_group, status);
}

[[noreturn]] void give_up(GoBetween& between, const char* syscall, long result, long index) {
  between.failed_syscall = syscall;
  between.error = static_cast<int>(-result);
  between.failed_index = index;
  leave(127);
}

/** Joins what is left; what needs other rights stays in the list for as long as `again` says that there are some to come. */
void join(GoBetween& between, bool again) {
  for (size_t i = 0; i < between.left.size(); i++) {
    if (between.left[i] < 0) continue;
    const long result = raw_syscall(SYS_setns, between.left[i], between.types[i]);
    if (result == 0) between.left[i] = -1;
    else if (result != -EPERM || !again) give_up(between, "setns", result, static_cast<long>(i));
  }
}

}  // namespace

void go_between_main(void* argument) {
  GoBetween& between = *static_cast<GoBetween*>(argument);
  join(between, true);
  join(between, false);
  between.pid = clone3_onto_stack(between.arguments, child_main, &between.child);
  if (between.pid < 0) give_up(between, "clone3", between.pid, -1);
  leave(0);
}

}  // namespace noci
