#ifndef NOCI_KERNEL_SET_USER_ID_H
#define NOCI_KERNEL_SET_USER_ID_H

#include <linux/capability.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "weakened.h"

namespace kernel {

constexpr const char* kSetUserIdRefused = "noci is not made to be set-user-ID or to have capabilities of its own";

/** Capabilities that an execve(2) gives to another user than root come from the file, unless they are ambient. capabilities(7) */
inline bool has_capabilities_of_file() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (geteuid() == 0 || syscall(SYS_capget, &header, sets) != 0) return false;
  for (unsigned capability = 0; capability < 64; capability++) {
    const bool permitted = (sets[capability / 32].permitted >> capability % 32 & 1) != 0;
    if (permitted && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) != 1) return true;
  }
  return false;
}

/**
 * Has the program's file more rights than who calls it? The caller's command line, environment, descriptors and config.json would
 * be obeyed with them (CVE-2016-8659, CVE-2020-5291). AT_SECURE alone does not say so: a security module sets it as well when the
 * process changes its domain. getauxval(3)
 */
inline bool is_set_user_id() {
  if (getauxval(AT_SECURE) == 0 || WEAKENED("S70")) return false;
  return getuid() != geteuid() || getgid() != getegid() || has_capabilities_of_file();
}

}  // namespace kernel

#endif
