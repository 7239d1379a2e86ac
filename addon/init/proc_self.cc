#include "proc_self.h"

#include <errno.h>
#include <fcntl.h>

#include "../kernel/inode.h"
#include "../kernel/openat2.h"
#include "../kernel/procfs.h"

namespace {

/** The directory itself; ENOTSUP when something else than procfs is there. */
Fd open_directory() {
  Fd directory(open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.open() || kernel::filesystem_of(directory.get()) == kernel::kProcMagic) return directory;
  errno = ENOTSUP;
  return Fd();
}

}  // namespace

Fd open_proc_self(const char* name, int flags) {
  const Fd directory = open_directory();
  if (!directory.open()) return Fd();
  constexpr uint64_t kResolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  return Fd(kernel::openat2(directory.get(), name, static_cast<uint64_t>(flags), 0, kResolve));
}

Fd open_own_namespace(const char* name) {
  const Fd namespaces = open_proc_self("ns", O_PATH | O_DIRECTORY);
  if (!namespaces.open()) return Fd();
  return Fd(openat(namespaces.get(), name, O_RDONLY | O_CLOEXEC));
}
