#include "capability_sets.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kernel/weakened.h"
#include "capability_names.h"
#include "errno_words.h"

namespace {

constexpr unsigned kMaskBits = 64;

/** What capget(2) and capset(2) take: three sets of 64 bits in two halves. */
struct Halves {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3] = {};
};

Result apply(Halves& halves) {
  if (syscall(SYS_capset, &halves.header, halves.set) != 0) return failed("capset", errno);
  return ok();
}

/** 1, 0, or -1 for a capability that the kernel does not know. */
int in_bounding_set(unsigned capability) { return prctl(PR_CAPBSET_READ, capability, 0, 0, 0); }

bool has(uint64_t mask, unsigned capability) { return (mask >> capability & 1) != 0; }

}  // namespace

Result capabilities_bound(uint64_t bounding) {
  if (WEAKENED("S31")) return ok();
  for (unsigned capability = 0; capability < kMaskBits; capability++) {
    if (has(bounding, capability) || prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    const int error = errno;
    const int present = in_bounding_set(capability);
    // Without CAP_SETPCAP it may still be that there is nothing to drop.
    if (present == 0) continue;
    // The kernel knows no more. Of the first it has to know, or the whole set would be left as it is.
    if (error == EINVAL && present < 0 && in_bounding_set(0) >= 0) return ok();
    return failed("prctl(PR_CAPBSET_DROP)", error, capability_name(capability));
  }
  return ok();
}

Result capabilities_keep(bool keep) {
  if (prctl(PR_SET_KEEPCAPS, keep ? 1 : 0, 0, 0, 0) != 0) return failed("prctl(PR_SET_KEEPCAPS)", errno);
  return ok();
}

Result capabilities_set(const CapabilitySets& sets) {
  if (WEAKENED("S72")) return ok();
  Halves halves;
  for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
    halves.set[i].effective = static_cast<uint32_t>(sets.effective >> 32 * i);
    halves.set[i].permitted = static_cast<uint32_t>(sets.permitted >> 32 * i);
    halves.set[i].inheritable = static_cast<uint32_t>(sets.inheritable >> 32 * i);
  }
  return apply(halves);
}

Result capabilities_uninherit() {
  Halves halves;
  if (syscall(SYS_capget, &halves.header, halves.set) != 0) return failed("capget", errno);
  for (__user_cap_data_struct& half : halves.set) half.inheritable = 0;
  return apply(halves);
}

Result capabilities_ambient(Context& context, uint64_t ambient) {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    // Before Linux 4.3 there is no ambient set, so there is none to be afraid of.
    return errno == EINVAL ? ok() : failed("prctl(PR_CAP_AMBIENT_CLEAR_ALL)", errno);
  }
  for (unsigned capability = 0; capability < kMaskBits; capability++) {
    if (!has(ambient, capability) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0) continue;
    const char* const words = errno_words(context.scratch, errno);
    context.warn(context.scratch.join("can't raise ambient capability ", capability_name(capability), ": ", words));
  }
  return ok();
}
