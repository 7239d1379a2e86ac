#include <errno.h>
#include <sys/syscall.h>

#include "../step.h"

namespace {

/** CONFIG_NODES_SHIFT is at most 10 on every architecture. */
constexpr long long kMaxNodes = 1024;

}  // namespace

/** linux.memoryPolicy. set_mempolicy(2); no nodes at all is what MPOL_DEFAULT and MPOL_LOCAL want. */
Result step_memory_policy(Context&, Fields& fields) {
  const int mode = static_cast<int>(fields.integer());
  const Integers nodes = fields.integers();
  uint64_t mask[kMaxNodes / 64] = {};
  for (const long long node : nodes) {
    if (node < 0 || node >= kMaxNodes) return failed("set_mempolicy", EINVAL);
    mask[node / 64] |= uint64_t{1} << (node % 64);
  }
  // The kernel reads one bit less than it is told (get_nodes in mm/mempolicy.c), hence the + 1.
  const bool any = nodes.count() != 0;
  if (syscall(SYS_set_mempolicy, mode, any ? mask : nullptr, any ? kMaxNodes + 1UL : 0UL) != 0)
    return failed("set_mempolicy", errno);
  return ok();
}
