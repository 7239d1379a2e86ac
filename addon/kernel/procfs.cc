#include "procfs.h"

#include <errno.h>
#include <fcntl.h>

#include "inode.h"
#include "mount_api.h"
#include "openat2.h"

namespace kernel {

namespace {

/** Options that older kernels lack only make the procfs larger than it needs to be. */
void restrict_to_pids(int context) {
  fsconfig(context, FSCONFIG_SET_STRING, "hidepid", "ptraceable", 0);
  fsconfig(context, FSCONFIG_SET_STRING, "subset", "pid", 0);
}

bool is_procfs_root(int fd) {
  Inode inode;
  return filesystem_of(fd) == kProcMagic && inode_of(fd, inode) && inode.number == kProcRootInode;
}

}  // namespace

Result open_procfs(ProcfsSubset subset, Fd& procfs) {
  Fd context(fsopen("proc"));
  if (!context.open()) return failed("fsopen", errno, "proc");
  if (subset == ProcfsSubset::kPid) restrict_to_pids(context.get());
  if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return failed("fsconfig", errno, "proc");
  Fd mount(fsmount(context.get(), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
  if (!mount.open()) return failed("fsmount", errno, "proc");
  if (!is_procfs_root(mount.get())) return failed("fsmount", EXDEV, "proc");
  procfs = static_cast<Fd&&>(mount);
  return ok();
}

Result open_in_procfs(int procfs, const char* path, int flags, Fd& file) {
  const uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
  Fd fd(openat2(procfs, path, static_cast<uint64_t>(flags), 0, resolve));
  if (!fd.open()) return failed("openat2", errno, path);
  if (filesystem_of(fd.get()) != kProcMagic) return failed("openat2", EXDEV, path);
  file = static_cast<Fd&&>(fd);
  return ok();
}

}  // namespace kernel
