#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions.h"
#include "kernel/weakened.h"
#include "parent/retry.h"
#include "parent/system_error.h"

namespace noci::binding::functions {
namespace {

// linux/mount.h, Linux 5.2; not taken from there because it clashes with sys/mount.h of some C libraries
constexpr unsigned kOpenTreeClone = 1;
constexpr unsigned kOpenTreeCloexec = O_CLOEXEC;
constexpr unsigned kAtRecursive = 0x8000;
constexpr uint64_t kMountAttrIdmap = 0x00100000;
/** struct mount_attr of mount_setattr(2) */
struct MountAttributes {
  uint64_t set;
  uint64_t clear;
  uint64_t propagation;
  uint64_t user_namespace;
};

/** f_flags of statfs(2): set by every kernel that fills in the rest */
constexpr long kValid = 0x20;

}  // namespace

Napi::Value openTree(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  unsigned flags = kOpenTreeClone | kOpenTreeCloexec;
  if (call.boolean(2, "recursive")) flags |= kAtRecursive;
  // With an empty path it is the mount that dirfd itself is on: the caller has resolved it already.
  if (path.empty()) flags |= AT_EMPTY_PATH;
  const long fd = syscall(SYS_open_tree, dirfd, path.c_str(), flags);
  if (fd < 0) fail("open_tree", path);
  return call.result(int64_t{fd});
}

Napi::Value idmapTree(Call& call) {
  const int tree = call.fd(0, "tree");
  const MountAttributes attributes = {kMountAttrIdmap, 0, 0, static_cast<uint64_t>(call.fd(1, "userNamespace"))};
  const unsigned flags = AT_EMPTY_PATH | (call.boolean(2, "recursive") ? kAtRecursive : 0);
  if (WEAKENED("S73")) return call.undefined();
  if (syscall(SYS_mount_setattr, tree, "", flags, &attributes, sizeof attributes) != 0) fail("mount_setattr");
  return call.undefined();
}

Napi::Value mountFlags(Call& call) {
  const int fd = call.fd(0);
  struct statfs info;
  if (retry([&] { return fstatfs(fd, &info); }) != 0) fail("fstatfs");
  return call.result(static_cast<int64_t>(info.f_flags & ~kValid));
}

}  // namespace noci::binding::functions
