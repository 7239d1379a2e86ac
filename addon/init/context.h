#ifndef NOCI_INIT_CONTEXT_H
#define NOCI_INIT_CONTEXT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../kernel/fd.h"
#include "../kernel/path_in_root.h"
#include "../kernel/result.h"
#include "arena.h"

/** How many filesystems of its own making init remembers; one more is treated as somebody else's. */
constexpr uint32_t kOwnMounts = 64;

/** More fds than what a step opens for itself. */
constexpr unsigned kMoreFds = 64;

/** Messages that were not sent yet, in `lasting`; see messages.h. */
struct Outbox {
  uint8_t* data = nullptr;
  size_t size = 0;
  size_t capacity = 0;
};

/** A filter of system calls, in the plan. */
struct Filter {
  /** struct sock_filter, 8 bytes each */
  const uint8_t* program = nullptr;
  uint32_t size = 0;
  /** SECCOMP_FILTER_FLAG_* */
  unsigned flags = 0;
  /** who wants it, for an error */
  long long step = -1;
  /** with the credentials, and not right before the execve */
  bool early = false;
};

/** The few things that outlive a step. */
struct Context {
  /** our end of the handshake; `wait_start` closes it, else the execve itself does */
  Fd socket;
  Outbox outbox;
  /** the runtime answered `ready`: from here on a failure is a line on stderr and status 255 */
  bool handshakeDone = false;
  /** the fifo of `start`, when there was one: who waits for the end of the container finds a failure in it */
  Fd fifo;
  /** the step that runs, as an index into the plan; -1 before the first */
  long long step = -1;
  /** the runtime wants to know what each step takes; steps/trace.cc */
  bool traced = false;
  /** nanoseconds that CLOCK_MONOTONIC is ahead of the runtime's; only known when traced */
  long long clockShift = 0;
  /** umask(2) of hooks and of the container's process; init's own is 0, so that what it makes has the mode it was told */
  mode_t umask = 0;
  /** how many fds from kHandshakeFd + 1 on belong to the container's process */
  uint32_t preserved = 0;

  /** the root filesystem's mount, or without a mount namespace its directory */
  kernel::Root root;
  /** O_PATH: what was "/" before `root_enter`; closed by `root_leave` */
  Fd hostRoot;
  /** made by context_procfs */
  Fd procfs;
  /** O_PATH: sys/ of a whole procfs, once there was a sysctl; closed by `lookup` */
  Fd sysctls;

  /** mount ids of the filesystems that init made: in these, and only these, it may replace an inode */
  uint64_t ownMounts[kOwnMounts] = {};
  uint32_t ownMountCount = 0;
  /** what covers masked directories and files, once there is one; steps/masked_path.cc */
  Fd emptyDirectory;
  Fd nullDevice;

  /** the container's environment, set by `environment`: ended by a null pointer, in the plan and `lasting` */
  char** environment = nullptr;
  /** what execve runs, set by `lookup`; in `lasting` */
  const char* executable = nullptr;

  /** what `credentials` or at the very end `execve` loads, when there is a program; set by `seccomp` */
  Filter filter;
  /** the working directory was found inside before a filter could refuse to tell; working_directory.h */
  bool inside = false;
  /** no fd is open from this number on: it is above those of the plan, and no step opens that many more; steps/execve.cc */
  unsigned fdLimit = kMoreFds;

  /** the plan as it was received, a mapping of its own, and the first byte of it that is needed after `ready` */
  uint8_t* plan = nullptr;
  size_t planSize = 0;
  const uint8_t* planKept = nullptr;

  /** until the end */
  Arena lasting;
  /** emptied after every step */
  Arena scratch;

  /** Says on the handshake that something is ignored on purpose. Afterwards there is nobody left to tell. */
  void warn(const char* text);
};

/**
 * A procfs of our own (fsopen(2); subset=pid, hidepid=ptraceable), which nothing in the container can cover or replace
 * (CVE-2025-52881). Made on first use, in the pid namespace init is in. `fd` stays the context's. Open files in it with
 * kernel::open_in_procfs.
 */
Result context_procfs(Context& context, int& fd);

/** Remembers that the filesystem mounted at `mount` is of our own making. */
void context_own(Context& context, int mount);

/** Is what `fd` refers to in a filesystem of our own making? */
bool context_owns(const Context& context, int fd);

/**
 * Gives back to the kernel what no later step needs: the scratch arena and the plan before `planKept`. What a container
 * costs between create and start is what is left.
 */
void context_shrink(Context& context);

/**
 * The host's root directory for as long as this lives: the source of a filesystem is named in the host's view (a block
 * device, an overlay's layers), also while `root_enter` is in force. No path of the container may be resolved meanwhile.
 */
class HostView {
 public:
  explicit HostView(Context& context);
  ~HostView();
  HostView(const HostView&) = delete;
  HostView& operator=(const HostView&) = delete;

 private:
  Context& context_;
};

#endif
