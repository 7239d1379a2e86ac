#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "../../kernel/weakened.h"
#include "../step.h"

namespace {

/** The largest CONFIG_NR_CPUS there is; the kernel ignores bits beyond its own mask. */
constexpr long long kMaxCpus = 8192;

struct CpuMask {
  uint64_t bits[kMaxCpus / 64];
};

Result apply(const CpuMask& mask) {
  if (syscall(SYS_sched_setaffinity, 0, sizeof mask, &mask) != 0) return failed("sched_setaffinity", errno);
  return ok();
}

/** The runtime may have been started on one CPU; the container is bound by its cpuset only (runc since 1.3). */
Result all_cpus() {
  CpuMask mask;
  memset(&mask, 0xff, sizeof mask);
  const Result result = apply(mask);
  // EINVAL: no CPU of the cpuset is online. The mask that the cpuset gave stays.
  return result.error == EINVAL ? ok() : result;
}

}  // namespace

/** process.execCPUAffinity, or every CPU when the list is empty. sched_setaffinity(2) */
Result step_affinity(Context&, Fields& fields) {
  const Integers cpus = fields.integers();
  if (WEAKENED("S69")) return ok();
  if (cpus.count() == 0) return all_cpus();
  CpuMask mask = {};
  for (const long long cpu : cpus) {
    if (cpu < 0 || cpu >= kMaxCpus) return failed("sched_setaffinity", EINVAL);
    mask.bits[cpu / 64] |= uint64_t{1} << (cpu % 64);
  }
  return apply(mask);
}
