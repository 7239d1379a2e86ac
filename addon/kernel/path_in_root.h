#ifndef NOCI_KERNEL_PATH_IN_ROOT_H
#define NOCI_KERNEL_PATH_IN_ROOT_H

#include <linux/openat2.h>
#include <stdint.h>
#include <sys/types.h>

#include "fd.h"
#include "result.h"

/**
 * THE way to a path inside a container's root. Every name, link and directory in there is the attacker's, and may change
 * between any two syscalls (CVE-2021-30465, CVE-2024-45310, CVE-2026-41579). So: a path is resolved once, by the kernel,
 * and can by construction not leave `root`; what comes out is an fd, and everything after that is done with the fd or
 * with one single name relative to it. ".." and links are followed as inside a chroot. openat2(2), Linux 5.6.
 *
 * `path` of an error is the path as the caller gave it.
 */
namespace kernel {

/** No symbolic link in any component: for what must be exactly where its name says. */
constexpr uint64_t kNoLinks = RESOLVE_NO_SYMLINKS;

/**
 * Opens `path` below `root` with `flags` (O_PATH unless the file is to be read) and O_CLOEXEC. Creates nothing. `resolve`
 * is 0 or kNoLinks. A link in the last place is followed unless `flags` has O_NOFOLLOW; magic links never are
 * (CVE-2024-21626).
 */
Result open_in_root(int root, const char* path, int flags, uint64_t resolve, Fd& file);

enum class Missing { kDirectory, kFile };

/**
 * O_PATH of `path`, which is made when it is missing: its directories with `mode` (0755), itself as a directory with `mode`
 * or an empty file 0644. Links are followed inside the root, dangling ones too: what they point to is made (images have
 * /etc/resolv.conf as a link into an empty /run). What exists is taken as it is, whatever its type.
 */
Result open_or_make_in_root(int root, const char* path, Missing missing, mode_t mode, uint64_t resolve, Fd& file);

/** mkdir -p of `path` below `root`; the directory itself is `directory`. ENOTDIR when something else is there. */
Result mkdir_all_in_root(int root, const char* path, mode_t mode, Fd& directory);

/** A directory and one name in it, for syscalls that take just that (symlinkat, mknodat, unlinkat). */
struct Place {
  Fd directory;
  char name[256] = {};
};

/**
 * The place of `path` below `root`. Missing directories are made (0755). The last component is a name only: it is not
 * resolved, and "", ".", ".." and "/" are refused with EINVAL.
 */
Result place_in_root(int root, const char* path, Place& place);

}  // namespace kernel

#endif
