#include "mount_target.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "../kernel/inode.h"
#include "../kernel/mount_api.h"
#include "../kernel/openat2.h"
#include "../kernel/procfs.h"
#include "../kernel/weakened.h"
#include "quoted.h"

namespace {

/** What lxcfs(1) provides, and what CRIU and FIPS mode need. The same list as runc's. */
constexpr const char* kInsideProc[] = {
    "cpuinfo", "diskstats", "meminfo",    "stat",      "swaps", "uptime", "loadavg",
    "slabinfo", "sys/kernel/ns_last_pid", "sys/crypto/fips_enabled",
};

Result not_ordinary(Context& context, const char* type) {
  const char* name = quoted(context.scratch, type);
  return refused(context.scratch.join("filesystem ", name, " must be mounted on ordinary directory"));
}

Result inside_proc(Context& context, const char* path) {
  return refused(context.scratch.join(quoted(context.scratch, path), " cannot be mounted because it is inside /proc"));
}

bool is_strict(const MountKind& kind) { return kind.strict && !WEAKENED("S15"); }

Result open_target(Context& context, const char* path, const MountKind& kind, Fd& target, kernel::Inode& inode) {
  NOCI_TRY(context.root.open_or_make(path, kind.missing, 0755, is_strict(kind) ? kernel::kNoLinks : 0, target));
  return kernel::inode_of(target.get(), inode) ? ok() : failed("statx", errno, path);
}

/** Without one link on the way, so that the kernel's ELOOP and ENOTDIR both mean: not an ordinary directory. */
Result open_strict(Context& context, const char* path, const MountKind& kind, Fd& target, kernel::Inode& inode) {
  const Result result = open_target(context, path, kind, target, inode);
  if (result.error == ELOOP || result.error == ENOTDIR) return not_ordinary(context, kind.type);
  NOCI_TRY(result);
  return S_ISDIR(inode.mode) ? ok() : not_ordinary(context, kind.type);
}

/** Is `target` the file `name` of the procfs at the root's /proc, without a link or another mount in between? */
bool is_file_of_proc(Context& context, const char* name, const kernel::Inode& target) {
  Fd proc;
  if (!context.root.open("proc", O_PATH | O_DIRECTORY, kernel::kNoLinks, proc).fine()) return false;
  kernel::Inode root;
  if (kernel::filesystem_of(proc.get()) != kernel::kProcMagic) return false;
  if (!kernel::inode_of(proc.get(), root) || root.number != kernel::kProcRootInode) return false;
  Fd file(kernel::openat2(proc.get(), name, O_PATH, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS));
  kernel::Inode inode;
  return file.open() && kernel::inode_of(file.get(), inode) && inode.same(target);
}

bool may_be_covered(Context& context, const kernel::Inode& target) {
  for (const char* name : kInsideProc) {
    if (is_file_of_proc(context, name, target)) return true;
  }
  return false;
}

Result check_not_inside_proc(Context& context, const char* path, const MountKind& kind, const kernel::Inode& target) {
  if (kind.procfs && target.mountRoot) return ok();
  return may_be_covered(context, target) ? ok() : inside_proc(context, path);
}

/** move_mount(2) says EINVAL to a directory on a file and the reverse; mount(2) says what callers look for. */
Result check_type(const char* path, const MountKind& kind, const kernel::Inode& target) {
  const bool directory = kind.missing == kernel::Missing::kDirectory;
  return S_ISDIR(target.mode) == directory ? ok() : failed("move_mount", ENOTDIR, path);
}

/** A mount on the root itself would hide everything that is mounted in it, and pivot_root(2) would leave it behind. */
Result check_not_root(Context& context, const char* path, const kernel::Inode& target) {
  if (!context.root.is(target) || WEAKENED("S24")) return ok();
  return refused(context.scratch.join("mountpoint ", quoted(context.scratch, path), " is on the top of rootfs"));
}

}  // namespace

Result mount_target(Context& context, const char* path, const MountKind& kind, Fd& target) {
  kernel::Inode inode;
  NOCI_TRY(is_strict(kind) ? open_strict(context, path, kind, target, inode) : open_target(context, path, kind, target, inode));
  NOCI_TRY(check_not_root(context, path, inode));
  const bool in_procfs = kernel::filesystem_of(target.get()) == kernel::kProcMagic;
  if (in_procfs && !WEAKENED("S14")) NOCI_TRY(check_not_inside_proc(context, path, kind, inode));
  return check_type(path, kind, inode);
}

Result mount_propagate(int mount, uint64_t flags, const char* path) {
  const unsigned recursive = (flags & MS_REC) != 0 ? AT_RECURSIVE : 0u;
  if (kernel::mount_setattr(mount, recursive, 0, 0, flags & ~uint64_t{MS_REC}) == 0) return ok();
  return failed("mount_setattr", errno, path);
}

#ifdef NOCI_WEAKENED
/** Attaches where the path leads now; see {@link paths_leave_root}. */
int attach_again(int mount, const char* path) {
  constexpr unsigned kFlags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS;
  return static_cast<int>(syscall(SYS_move_mount, mount, "", AT_FDCWD, path + strspn(path, "/"), kFlags));
}
#endif

Result mount_attach(int mount, int target, Integers propagation, const char* path) {
#ifdef NOCI_WEAKENED
  if (WEAKENED("S16")) return attach_again(mount, path) == 0 ? ok() : failed("move_mount", errno, path);
#endif
  if (kernel::attach(mount, target) != 0) return failed("move_mount", errno, path);
  for (long long flags : propagation) NOCI_TRY(mount_propagate(mount, static_cast<uint64_t>(flags), path));
  return ok();
}
