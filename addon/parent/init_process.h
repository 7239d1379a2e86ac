#ifndef NOCI_PARENT_INIT_PROCESS_H
#define NOCI_PARENT_INIT_PROCESS_H

#include <cstdint>
#include <vector>

#include "launch.h"

namespace noci {

/** InitOptions of contract.ts. */
struct InitStart {
  uint64_t namespaces = 0;
  int cgroup = -1;
  int pid_namespace = -1;
  std::vector<int> joined;
  std::vector<int> joined_types;
  /** exactly three */
  std::vector<int> stdio;
  std::vector<int> preserved;
  int timeout = -1;
};

struct InitProcess {
  Launched process;
  Fd socket;
};

/**
 * Starts init from its sealed image: fds 0 to 2, the handshake at 3, the preserved fds from 4. It waits for its plan.
 */
InitProcess init_start(const InitStart& start);

/** How many preserved fds the init at the other end of `socket` was started with; asked once, for its plan. */
uint32_t init_preserved(int socket);

}  // namespace noci

#endif
