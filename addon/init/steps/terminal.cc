#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../../kernel/inode.h"
#include "../../kernel/mount_api.h"
#include "../../kernel/weakened.h"
#include "../inside.h"
#include "../messages.h"
#include "../step.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441  // Linux 4.13; the C library's header may be older
#endif

namespace {

/** DEVPTS_SUPER_MAGIC of linux/magic.h */
constexpr uint64_t kDevptsMagic = 0x1cd1;
/** The inode number of ptmx in every devpts (fs/devpts/inode.c). */
constexpr uint64_t kPtmxInode = 2;
constexpr const char* kPtmx = "/dev/pts/ptmx";
constexpr const char* kConsole = "/dev/console";

/** By filesystem, inode and type: anything can be called ptmx, and a node 5:2 elsewhere may lead to the host's devpts. */
bool is_ptmx(int fd) {
  kernel::Inode inode;
  if (WEAKENED("S12")) return true;
  return kernel::filesystem_of(fd) == kDevptsMagic && kernel::inode_of(fd, inode) && inode.number == kPtmxInode &&
         S_ISCHR(inode.mode) && inode.special == makedev(5, 2);
}

Result no_devpts() { return refused("/dev/pts/ptmx is not that of a devpts: a terminal needs one mounted at /dev/pts"); }

/** Looked at before it is opened: what the image has there instead may do something when it is. */
Result open_master(Fd& master) {
  const Fd seen = open_inside(kPtmx, O_PATH, RESOLVE_NO_SYMLINKS);
  if (!seen.open() || !is_ptmx(seen.get())) return no_devpts();
  master = open_inside(kPtmx, O_RDWR | O_NOCTTY, RESOLVE_NO_SYMLINKS);
  if (!master.open()) return failed("openat2", errno, kPtmx);
  return is_ptmx(master.get()) ? ok() : no_devpts();
}

/**
 * The other side, asked of the master: a path like /dev/pts/0 may lead anywhere (CVE-2025-52565). O_CLOEXEC would stay in what
 * fcntl(F_GETFL) says of the container's stdio, and O_LARGEFILE has to be given to be there as after any open. ioctl_tty(2)
 */
Result open_slave(int master, Fd& slave) {
  const int locked = 0;
  if (ioctl(master, TIOCSPTLCK, &locked) != 0) return failed("ioctl TIOCSPTLCK", errno, kPtmx);
  slave = Fd(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_LARGEFILE));
  return slave.open() ? ok() : failed("ioctl TIOCGPTPEER", errno, kPtmx);
}

/** A size of which one side is 0 says nothing: the other end of the terminal will set one. */
Result set_size(int master, unsigned short width, unsigned short height) {
  if (width == 0 || height == 0) return ok();
  winsize size = {};
  size.ws_col = width;
  size.ws_row = height;
  return ioctl(master, TIOCSWINSZ, &size) == 0 ? ok() : failed("ioctl TIOCSWINSZ", errno, kPtmx);
}

/**
 * The very file that is the slave, on what /dev/console is: no link is followed on the way there, and none is made through
 * (CVE-2026-88264).
 */
Result bind_console(Context& context, int slave) {
  Fd target;
  NOCI_TRY(context.root.open_or_make(kConsole, kernel::Missing::kFile, 0755, WEAKENED("S09") ? 0 : kernel::kNoLinks, target));
  kernel::Inode inode;
  if (!kernel::inode_of(target.get(), inode)) return failed("statx", errno, kConsole);
  if (S_ISDIR(inode.mode)) return failed("move_mount", EISDIR, kConsole);
  const Fd tree(kernel::clone_tree(slave, false));
  if (!tree.open()) return failed("open_tree", errno, kConsole);
  return kernel::attach(tree.get(), target.get()) == 0 ? ok() : failed("move_mount", errno, kConsole);
}

Result become_stdio(int slave) {
  for (int fd = 0; fd <= 2; fd++) {
    if (dup3(slave, fd, 0) < 0) return failed("dup3", errno, kPtmx);
  }
  return ok();
}

}  // namespace

/**
 * A pty of the container's own devpts: its slave becomes stdio and, if told so, /dev/console; its master goes to the runtime
 * and does not stay. `controlling_terminal` comes later. pts(4), config.md § Process
 */
Result step_terminal(Context& context, Fields& fields) {
  const auto width = static_cast<unsigned short>(fields.number());
  const auto height = static_cast<unsigned short>(fields.number());
  const bool console = fields.flag();
  Fd master;
  Fd slave;
  NOCI_TRY(open_master(master));
  NOCI_TRY(open_slave(master.get(), slave));
  NOCI_TRY(set_size(master.get(), width, height));
  if (console) NOCI_TRY(bind_console(context, slave.get()));
  NOCI_TRY(become_stdio(slave.get()));
  message_terminal(context, master.get());
  return ok();
}
