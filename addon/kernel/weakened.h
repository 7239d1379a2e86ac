#ifndef NOCI_KERNEL_WEAKENED_H
#define NOCI_KERNEL_WEAKENED_H

/**
 * WEAKENED("S12"): is the mitigation of this row of docs/security.md switched off? Tests of attacks have to fail then, or they
 * would not test anything. Only build/weakened.sh defines NOCI_WEAKENED; everywhere else this is `false`, and the compiler
 * leaves nothing of it.
 */
#ifdef NOCI_WEAKENED

#include <stdlib.h>
#include <string.h>

inline bool weakened(const char* row) {
  const char* const chosen = getenv("NOCI_WEAKENED");
  return chosen != nullptr && strcmp(chosen, row) == 0;
}
#define WEAKENED(row) weakened(row)

#else

#define WEAKENED(row) false

#endif

/** Where links of the image lead to the host: neither openat2(2) nor the root directory keeps a path in the container. */
inline bool paths_leave_root() {
  return WEAKENED("S07") || WEAKENED("S08") || WEAKENED("S16") || WEAKENED("S23");
}

#endif
