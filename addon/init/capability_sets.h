#ifndef NOCI_INIT_CAPABILITY_SETS_H
#define NOCI_INIT_CAPABILITY_SETS_H

#include <stdint.h>

#include "context.h"

/** The five sets of process.capabilities as masks. capabilities(7) */
struct CapabilitySets {
  uint64_t bounding;
  uint64_t effective;
  uint64_t permitted;
  uint64_t inheritable;
  uint64_t ambient;
};

/**
 * Drops what is not in `bounding`, up to the last capability the kernel knows. Needs CAP_SETPCAP, so it comes before any
 * change of ids.
 */
Result capabilities_bound(uint64_t bounding);

/** PR_SET_KEEPCAPS: whether the permitted set survives a change from uid 0. */
Result capabilities_keep(bool keep);

/**
 * Sets effective, permitted and inheritable exactly: an inheritable set that nobody asked for gives capabilities back to
 * programs with file capabilities (CVE-2022-29162). capset(2)
 */
Result capabilities_set(const CapabilitySets& sets);

/** Empties the inheritable set, and with it the ambient one. */
Result capabilities_uninherit();

/** Clears the ambient set, then raises what is in `ambient`. What cannot be raised is only a warning, as in runc. */
Result capabilities_ambient(Context& context, uint64_t ambient);

#endif
