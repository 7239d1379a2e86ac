#include "cover.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../kernel/inode.h"
#include "../kernel/mount_api.h"
#include "../kernel/path_in_root.h"
#include "../kernel/weakened.h"
#include "filesystem.h"

namespace {

Result make_tmpfs(Context& context, const char* path, const char* inodes, bool readonly, Fd& mount) {
  Filesystem filesystem(context, path);
  NOCI_TRY(filesystem.open("tmpfs"));
  NOCI_TRY(filesystem.parameter("source", "tmpfs"));
  NOCI_TRY(filesystem.parameter("nr_inodes", inodes));
  NOCI_TRY(filesystem.parameter("nr_blocks", "1"));
  if (readonly) NOCI_TRY(filesystem.parameter("ro"));
  return filesystem.mount(readonly ? MOUNT_ATTR_RDONLY : 0, mount);
}

/** One inode is the root directory; a kernel that counts more for it gets two. */
Result make_empty_directory(Context& context, const char* path, Fd& mount) {
  const Result result = make_tmpfs(context, path, "1", true, mount);
  return result.fine() ? ok() : make_tmpfs(context, path, "2", true, mount);
}

/**
 * The node as a mount whose owner and mode nobody can change, whatever else it is: a device can be written to on a read-only
 * mount, so it is still a null device. Not nodev, which would take it from everybody.
 */
bool clone_node(int node, Fd& device) {
  device = Fd(kernel::clone_tree(node, false));
  constexpr uint64_t kAttributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  return device.open() && kernel::mount_setattr(device.get(), 0, kAttributes, 0, 0) == 0;
}

/** A null device, cloned off a tmpfs of its own. */
bool make_null(Context& context, Fd& device) {
  Fd tmpfs;
  if (!make_tmpfs(context, "null", "2", false, tmpfs).fine()) return false;
  if (mknodat(tmpfs.get(), "null", S_IFCHR | 0666, makedev(1, 3)) != 0) return false;
  Fd node(openat(tmpfs.get(), "null", O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!node.open() || !kernel::is_null_device(node.get())) return false;
  return clone_node(node.get(), device);
}

/** What the container has for a null device: the inode in hand is one, whatever its name leads to a moment later. */
Result open_null(Context& context, const char* path, Fd& node) {
  NOCI_TRY(context.root.open("/dev/null", O_PATH | O_NOFOLLOW, kernel::kNoLinks, node));
  return kernel::is_null_device(node.get()) ? ok() : failed("open_tree", ENODEV, path);
}

/**
 * One in a /dev of our making is ours. To make another would take a tmpfs more, and closing that, attached nowhere as it is,
 * waits for all processors (synchronize_rcu_expedited of the kernel's fs/namespace.c).
 */
Result null_device(Context& context, const char* path, Fd& device) {
  Fd node;
  if (WEAKENED("S11")) {
    NOCI_TRY(context.root.open("/dev/null", O_PATH, 0, node));
    return clone_node(node.get(), device) ? ok() : failed("open_tree", errno, path);
  }
  const Result found = open_null(context, path, node);
  const bool own = found.fine() && context_owns(context, node.get());
  if (!own && make_null(context, device)) return ok();
  NOCI_TRY(found);
  return clone_node(node.get(), device) ? ok() : failed("open_tree", errno, path);
}

/** The first cover is the original itself: once it is attached, every kernel can clone it. */
Result attach_cover(const Fd& original, bool first, int target, const char* path) {
  const Fd clone(first ? -1 : kernel::clone_tree(original.get(), false));
  if (!first && !clone.open()) return failed("open_tree", errno, path);
  if (kernel::attach(first ? original.get() : clone.get(), target) != 0) return failed("move_mount", errno, path);
  return ok();
}

}  // namespace

Result cover_directory(Context& context, int target, const char* path) {
  const bool first = !context.emptyDirectory.open();
  if (first) NOCI_TRY(make_empty_directory(context, path, context.emptyDirectory));
  return attach_cover(context.emptyDirectory, first, target, path);
}

Result cover_file(Context& context, int target, const char* path) {
  const bool first = !context.nullDevice.open();
  if (first) NOCI_TRY(null_device(context, path, context.nullDevice));
  return attach_cover(context.nullDevice, first, target, path);
}
