#include "inode.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

namespace kernel {

namespace {

/** struct statx of statx(2) up to stx_mnt_id, under a name of its own: whether libc declares one differs. */
struct StatusX {
  uint32_t mask, blockSize;
  uint64_t attributes;
  uint32_t links, uid, gid;
  uint16_t mode, pad;
  uint64_t number, size, blocks, attributesMask;
  struct {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t pad;
  } times[4];
  uint32_t specialMajor, specialMinor, deviceMajor, deviceMinor;
  uint64_t mount;
  uint64_t rest[13];
};
static_assert(sizeof(StatusX) == 256);

constexpr unsigned kBasic = 0x7ff;
constexpr unsigned kMount = 0x1000;                  // STATX_MNT_ID, Linux 5.8
constexpr uint64_t kAttributeMountRoot = 0x2000;     // STATX_ATTR_MOUNT_ROOT, Linux 5.8

}  // namespace

bool inode_of(int fd, Inode& inode) {
  StatusX status = {};
  if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, kBasic | kMount, &status) != 0) return false;
  inode.mount = status.mount;
  inode.number = status.number;
  inode.device = makedev(status.deviceMajor, status.deviceMinor);
  inode.special = makedev(status.specialMajor, status.specialMinor);
  inode.mode = status.mode;
  inode.mountRoot = (status.attributes & kAttributeMountRoot) != 0;
  return true;
}

bool is_null_device(int fd) {
  Inode inode;
  return inode_of(fd, inode) && S_ISCHR(inode.mode) && inode.special == makedev(1, 3);
}

bool is_regular_file(int fd) {
  Inode inode;
  return inode_of(fd, inode) && S_ISREG(inode.mode);
}

uint64_t filesystem_of(int fd) {
  struct statfs status = {};
  if (fstatfs(fd, &status) != 0) return 0;
  return static_cast<uint64_t>(status.f_type);
}

}  // namespace kernel
