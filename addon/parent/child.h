#ifndef NOCI_PARENT_CHILD_H
#define NOCI_PARENT_CHILD_H

#include <cstdint>
#include <optional>
#include <vector>

#include "nofile_limit.h"

namespace noci {

/** bytes of the kernel's sigset_t */
constexpr long kSignalSetSize = 8;

/** What went wrong before the exec; nothing as long as `syscall` is null. */
struct ChildFailure {
  const char* syscall = nullptr;
  int error = 0;
};

/**
 * All that the child needs, laid out by the parent: after the clone nobody allocates. The child's failure comes back in
 * it where the memory is shared, else through `report`.
 */
struct Child {
  std::vector<int> fds;
  int executable;
  const char* path;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* directory;
  /** who makes it */
  int parent;
  bool group;
  bool user_namespace;
  /** the soft RLIMIT_NOFILE to have, if not the parent's */
  std::optional<uint64_t> nofile = nofile_limit();

  /** a pipe, or -1 where the memory is shared */
  int report = -1;
  ChildFailure failure = {};
};

/**
 * What the child of launch() does between clone3(2) and exec, on a stack of its own, often in the parent's memory: raw
 * system calls and nothing else. `child` is a Child; it does not return.
 */
void child_main(void* child);

}  // namespace noci

#endif
