#include "context.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kernel/inode.h"
#include "../kernel/procfs.h"
#include "../kernel/weakened.h"
#include "messages.h"

namespace {

constexpr size_t kPage = 4096;

/** Deep calls are behind us: what they used of the stack. The page below this frame stays, a call from here needs it. */
void release_stack() {
  constexpr uintptr_t kDeepest = 32 * kPage;
  const uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) / kPage * kPage;
  madvise(reinterpret_cast<void*>(here - kPage - kDeepest), kDeepest, MADV_DONTNEED);
}

/** Makes `directory` the root directory, if it is open. To go on with the wrong one would be worse than to end. */
void change_root(int directory) {
  if (directory < 0) return;
  if (fchdir(directory) != 0 || (!paths_leave_root() && chroot(".") != 0)) _exit(1);
}

}  // namespace

void Context::warn(const char* text) {
  if (!handshakeDone) message_warning(*this, text);
}

Result context_procfs(Context& context, int& fd) {
  if (!context.procfs.open()) NOCI_TRY(kernel::open_procfs(kernel::ProcfsSubset::kPid, context.procfs));
  fd = context.procfs.get();
  return ok();
}

void context_own(Context& context, int mount) {
  kernel::Inode inode;
  if (context.ownMountCount == kOwnMounts || !kernel::inode_of(mount, inode)) return;
  context.ownMounts[context.ownMountCount++] = inode.mount;
}

bool context_owns(const Context& context, int fd) {
  kernel::Inode inode;
  if (!kernel::inode_of(fd, inode)) return false;
  for (uint32_t i = 0; i < context.ownMountCount; i++) {
    if (context.ownMounts[i] == inode.mount) return true;
  }
  return false;
}

void context_shrink(Context& context) {
  context.scratch.release();
  context.procfs.reset();
  release_stack();
  const size_t needless = static_cast<size_t>(context.planKept - context.plan) / kPage * kPage;
  if (needless == 0) return;
  munmap(context.plan, needless);
  context.plan += needless;
  context.planSize -= needless;
}

HostView::HostView(Context& context) : context_(context) { change_root(context_.hostRoot.get()); }

HostView::~HostView() {
  if (context_.hostRoot.open()) change_root(context_.root.get());
}
