#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "../../kernel/inode.h"
#include "../../kernel/path_in_root.h"
#include "../../kernel/weakened.h"
#include "../step.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452  // Linux 6.6
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

namespace {

/** The step's fields by name. */
struct Device {
  explicit Device(Fields& fields)
      : path(fields.text()),
        type(static_cast<mode_t>(fields.number())),
        number(makedev_of(fields)),
        mode(static_cast<mode_t>(fields.number()) & 07777),
        uid(static_cast<uid_t>(fields.number())),
        gid(static_cast<gid_t>(fields.number())) {}

  static dev_t makedev_of(Fields& fields) {
    const unsigned major_number = static_cast<unsigned>(fields.number());
    const unsigned minor_number = static_cast<unsigned>(fields.number());
    return makedev(major_number, minor_number);
  }

  bool is(const kernel::Inode& inode) const {
    if (WEAKENED("S10") || WEAKENED("S68")) return true;
    if ((inode.mode & S_IFMT) != type) return false;
    return type == S_IFIFO || inode.special == number;
  }

  const char* path;
  mode_t type;
  dev_t number;
  mode_t mode;
  uid_t uid;
  gid_t gid;
};

/** 0 or errno. */
int make(const Device& device, const kernel::Place& place) {
  return mknodat(place.directory, place.name, device.type | device.mode, device.number) == 0 ? 0 : errno;
}

/** chmod(2) of exactly the inode that was looked at: an O_PATH fd cannot be given to fchmod(2). */
Result change_mode(Context& context, const Device& device, int node) {
  if (syscall(SYS_fchmodat2, node, "", device.mode, AT_EMPTY_PATH) == 0) return ok();
  if (errno != ENOSYS) return failed("fchmodat2", errno, device.path);
  int procfs = -1;
  NOCI_TRY(context_procfs(context, procfs));
  const char* name = context.scratch.join("self/fd/", context.scratch.decimal(node));
  return fchmodat(procfs, name, device.mode, 0) == 0 ? ok() : failed("fchmodat", errno, device.path);
}

Result open_node(const Device& device, const kernel::Place& place, Fd& node, kernel::Inode& inode) {
  node = Fd(openat(place.directory, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!node.open()) return failed("openat", errno, device.path);
  return kernel::inode_of(node.get(), inode) ? ok() : failed("statx", errno, device.path);
}

Result change_owner(const Device& device, int node) {
  if (fchownat(node, "", device.uid, device.gid, AT_EMPTY_PATH) == 0) return ok();
  return failed("fchownat", errno, device.path);
}

/** A fresh node has its mode, and root for an owner, already. */
Result finish_new(const Device& device, const kernel::Place& place) {
  if (device.uid == 0 && device.gid == 0) return ok();
  Fd node;
  kernel::Inode inode;
  NOCI_TRY(open_node(device, place, node, inode));
  if (!device.is(inode)) return failed("mknodat", ESTALE, device.path);
  return change_owner(device, node.get());
}

/** What is there already may be the image's: another device under a trusted name, a link, a file. */
Result accept_or_replace(Context& context, const Device& device, const kernel::Place& place) {
  Fd node;
  kernel::Inode inode;
  NOCI_TRY(open_node(device, place, node, inode));
  if (device.is(inode)) {
    NOCI_TRY(change_mode(context, device, node.get()));
    return change_owner(device, node.get());
  }
  if (!context_owns(context, place.directory)) return failed("mknodat", EEXIST, device.path);
  if (unlinkat(place.directory, place.name, 0) != 0) return failed("unlinkat", errno, device.path);
  if (const int error = make(device, place); error != 0) return failed("mknodat", error, device.path);
  return finish_new(device, place);
}

}  // namespace

/** A device or FIFO below the root, by one name in a directory resolved inside the root. mknodat(2) */
Result step_device(Context& context, Fields& fields) {
  const Device device(fields);
  kernel::Place place;
  NOCI_TRY(context.root.place(device.path, place));
  const int error = make(device, place);
  if (error == EEXIST) return accept_or_replace(context, device, place);
  if (error != 0) return failed("mknodat", error, device.path);
  return finish_new(device, place);
}
