#ifndef NOCI_INIT_MOUNT_TARGET_H
#define NOCI_INIT_MOUNT_TARGET_H

#include <stdint.h>

#include "../kernel/fd.h"
#include "../kernel/path_in_root.h"
#include "../kernel/result.h"
#include "context.h"
#include "step.h"

/** What will be mounted: procfs may go where nothing else may. */
struct MountKind {
  kernel::Missing missing = kernel::Missing::kDirectory;
  /** no link in any component of the target, and it is a directory */
  bool strict = false;
  /** a new procfs or the root of one */
  bool procfs = false;
  /** for the error of a strict target: "proc", "sysfs" */
  const char* type = "";
};

/**
 * Resolves `path` inside the root, once, to the O_PATH fd that the mount is attached to; makes it when it is missing.
 * Refused are the root itself, links where the target must be strict (CVE-2019-19921, CVE-2023-27561) and everything inside
 * a procfs but the files that lxcfs provides (CVE-2019-16884), decided on what the fd is and not on what its path says.
 */
Result mount_target(Context& context, const char* path, const MountKind& kind, Fd& target);

/** Attaches the detached `mount` at `target` and applies `propagation`, MS_* flags each, in order. */
Result mount_attach(int mount, int target, Integers propagation, const char* path);

/** MS_SLAVE, MS_PRIVATE, MS_SHARED or MS_UNBINDABLE, with MS_REC for the whole tree below `mount`. */
Result mount_propagate(int mount, uint64_t flags, const char* path);

#endif
