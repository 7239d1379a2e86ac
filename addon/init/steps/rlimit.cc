#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../kernel/weakened.h"
#include "../step.h"

namespace {

/** asm-generic/resource.h, the order of x86, arm, riscv and s390; error text only. */
constexpr const char* kNames[] = {
  "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC",
  "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE",
  "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
};

const char* name_of(uint64_t resource) {
  return resource < sizeof kNames / sizeof kNames[0] ? kNames[resource] : "";
}

}  // namespace

/**
 * One entry of process.rlimits. prlimit(2)
 *
 * The raw call: 64-bit values pass exactly, where libc's setrlimit would turn what it takes for infinite into its own.
 * Init limits itself, so no pid can be mistaken.
 */
Result step_rlimit(Context&, Fields& fields) {
  if (WEAKENED("S74")) return ok();
  uint64_t resource = fields.number();
  uint64_t limits[2];
  limits[0] = fields.number();
  limits[1] = fields.number();
  if (syscall(SYS_prlimit64, 0, static_cast<int>(resource), limits, nullptr) != 0)
    return failed("prlimit", errno, name_of(resource));
  return ok();
}
