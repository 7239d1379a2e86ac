#ifndef NOCI_KERNEL_PATH_IN_ROOT_H
#define NOCI_KERNEL_PATH_IN_ROOT_H

#include <linux/openat2.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fd.h"
#include "inode.h"
#include "result.h"

namespace kernel {

/** No symbolic link in any component: for what must be exactly where its name says. */
constexpr uint64_t kNoLinks = RESOLVE_NO_SYMLINKS;

enum class Missing { kDirectory, kFile };

/** A directory and one name in it, for syscalls that take just that (symlinkat, mknodat, unlinkat). */
struct Place {
  /** O_PATH; the root's own, good until it is asked for anything else */
  int directory = -1;
  char name[256] = {};
};

/**
 * The root filesystem of a container, and THE way to a path inside it. Every name, link and directory in there is the
 * attacker's, and may change between any two syscalls (CVE-2021-30465, CVE-2024-45310, CVE-2026-41579). So: a path is resolved
 * once, by the kernel, and can by construction not leave the root; what comes out is an fd, and everything after that is done
 * with the fd or with one single name relative to it. ".." and links are followed as inside a chroot. openat2(2), Linux 5.6.
 *
 * A directory in which one thing is made after another is resolved once for all of them: the parent of what was handed out
 * last is kept, and looked for anew as soon as anything else was asked for. A mount that is attached to the fd just handed
 * out is below it and so does not hide it.
 *
 * `path` of an error is the path as the caller gave it. What is made has exactly its mode: init's umask is 0.
 */
class Root {
 public:
  /** O_PATH of the root directory's mount, or of the directory itself. False with errno, and nothing changes. */
  bool take(Fd fd);
  void reset();
  int get() const { return fd_.get(); }
  bool is(const Inode& inode) const { return inode_.same(inode); }

  /**
   * Opens `path` with `flags` (O_PATH unless the file is to be read) and O_CLOEXEC. Creates nothing. `resolve` is 0 or
   * kNoLinks. A link in the last place is followed unless `flags` has O_NOFOLLOW; magic links never are (CVE-2024-21626).
   */
  Result open(const char* path, int flags, uint64_t resolve, Fd& file);

  /**
   * O_PATH of `path`, which is made when it is missing: its directories with `mode` (0755), itself as a directory with `mode`
   * or an empty file 0644. Links are followed inside the root, dangling ones too: what they point to is made (images have
   * /etc/resolv.conf as a link into an empty /run). What exists is taken as it is, whatever its type. `path` has to stay
   * readable as long as the root.
   */
  Result open_or_make(const char* path, Missing missing, mode_t mode, uint64_t resolve, Fd& file);

  /** mkdir -p of `path`; the directory itself is `directory`. ENOTDIR when something else is there. */
  Result mkdir_all(const char* path, mode_t mode, Fd& directory);

  /**
   * Missing directories of `path` are made (0755). The last component is a name only: it is not resolved, and "", ".", ".."
   * and "/" are refused with EINVAL. `path` has to stay readable as long as the root.
   */
  Result place(const char* path, Place& place);

 private:
  struct Split;

  void forget();
  int keep(const Split& split, Fd directory);
  int known_parent(const Split& split, uint64_t resolve);
  int find_parent(const Split& split, uint64_t resolve);
  Result make_parent(const Split& split);
  bool open_or_make_name(const Split& split, Missing missing, mode_t mode, uint64_t resolve, Fd& file);
  bool make_name(const Split& split, Missing missing, mode_t mode, uint64_t resolve, Fd& file);

  Fd fd_;
  /** stays what it is when the mount is attached and by pivot_root(2) */
  Inode inode_;
  /** the parent of what was handed out last, and its path: so many bytes of the text that it came with */
  Fd directory_;
  const char* path_ = nullptr;
  size_t length_ = 0;
};

}  // namespace kernel

#endif
