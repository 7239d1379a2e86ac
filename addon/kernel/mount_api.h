#ifndef NOCI_KERNEL_MOUNT_API_H
#define NOCI_KERNEL_MOUNT_API_H

#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// <sys/mount.h> is not included here: glibc 2.36 and <linux/mount.h> define the same names.
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000  // Linux 5.14
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

/** Syscalls that libc has no function for: move_mount(2), mount_setattr(2) and their kin. -1 and errno, as they do. */
namespace kernel {

inline int open_tree(int dirfd, const char* path, unsigned flags) {
  return static_cast<int>(syscall(SYS_open_tree, dirfd, path, flags));
}

/** A detached copy of what `fd` refers to. */
inline int clone_tree(int fd, bool recursive) {
  return open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u));
}

/** Attaches the mount `tree` on exactly what `target` refers to: no path is resolved (CVE-2021-30465). */
inline int attach(int tree, int target) {
  return static_cast<int>(
      syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

inline int fsopen(const char* type) { return static_cast<int>(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC)); }

inline int fspick(int fd) {
  return static_cast<int>(syscall(SYS_fspick, fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH | FSPICK_NO_AUTOMOUNT));
}

inline int fsconfig(int context, unsigned command, const char* key, const void* value, int extra) {
  return static_cast<int>(syscall(SYS_fsconfig, context, command, key, value, extra));
}

inline int fsmount(int context, unsigned attributes) {
  return static_cast<int>(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes));
}

/** mount_setattr(2) on the mount that `fd` is the root of; `flags` may be AT_RECURSIVE. Linux 5.12. */
inline int mount_setattr(int fd, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation) {
  mount_attr attributes = {};
  attributes.attr_set = set;
  attributes.attr_clr = clear;
  attributes.propagation = propagation;
  return static_cast<int>(
      syscall(SYS_mount_setattr, fd, "", flags | AT_EMPTY_PATH, &attributes, sizeof attributes));
}

inline int pivot_root(const char* new_root, const char* put_old) {
  return static_cast<int>(syscall(SYS_pivot_root, new_root, put_old));
}

inline int umount2(const char* path, int flags) { return static_cast<int>(syscall(SYS_umount2, path, flags)); }

}  // namespace kernel

#endif
