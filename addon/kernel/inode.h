#ifndef NOCI_KERNEL_INODE_H
#define NOCI_KERNEL_INODE_H

#include <stdint.h>
#include <sys/types.h>

namespace kernel {

/** What statx(2) tells of an fd, with the mount it was reached through. */
struct Inode {
  uint64_t mount = 0;
  uint64_t number = 0;
  dev_t device = 0;
  dev_t special = 0;
  mode_t mode = 0;
  /** the fd is the root of its mount (Linux 5.8) */
  bool mountRoot = false;

  /** One inode, reached through one mount. */
  bool same(const Inode& other) const {
    return mount == other.mount && number == other.number && device == other.device;
  }
};

/** Asks about the fd itself; no path is resolved. False with errno. */
bool inode_of(int fd, Inode& inode);

/** Is `fd` character device 1:3? By the type, too: the number alone is not enough (CVE-2026-88265). */
bool is_null_device(int fd);

bool is_regular_file(int fd);

/** statfs(2) f_type of what `fd` refers to, 0 when the kernel does not say. */
uint64_t filesystem_of(int fd);

}  // namespace kernel

#endif
