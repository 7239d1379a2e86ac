#ifndef NOCI_PARENT_LAUNCH_H
#define NOCI_PARENT_LAUNCH_H

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/fd.h"

namespace noci {

/**
 * A program to start. It gets SIGKILL when the runtime dies (PR_SET_PDEATHSIG), default signals, an empty signal mask,
 * and no fd but `fds`.
 */
struct Launch {
  /** CLONE_NEW* */
  uint64_t namespaces = 0;
  /** cgroup2 directory to start in, or -1 */
  int cgroup = -1;
  /** namespaces to be born in, by a go-between; the user namespace is the last. An error of setns(2) has the index for its path */
  std::vector<int> joined;
  /** CLONE_NEW*, one for each of them */
  std::vector<int> joined_types;
  /** what becomes 0, 1, 2, … */
  std::vector<int> fds;
  /** the program: a path, or an fd when the path is empty */
  std::string path;
  int executable = -1;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  /** "" to inherit */
  std::string directory;
  /** leads a process group of its own */
  bool group = false;
  /** milliseconds that it may take until the program runs, -1 for any; then it is killed */
  int timeout = -1;
};

struct Launched {
  pid_t pid;
  Fd pidfd;
};

/**
 * clone3(CLONE_VM) and exec: no copy of the page tables, however large the host's memory is, and nothing that a lock or an
 * allocator of the host could disturb. With both a cgroup and a timeout the child has a copy. Returns when the program runs. An error of the child's is thrown here,
 * with its syscall (ETIMEDOUT of clone3: the time was up); the child is reaped then. Refused outside of the main thread:
 * PR_SET_PDEATHSIG is about the thread that made the child.
 */
Launched launch(const Launch& launch);

}  // namespace noci

#endif
