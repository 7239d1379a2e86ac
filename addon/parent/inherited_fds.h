#ifndef NOCI_PARENT_INHERITED_FDS_H
#define NOCI_PARENT_INHERITED_FDS_H

#include <vector>

namespace noci {

/** Told by a host whose engine opens fds without O_CLOEXEC or marks those it inherits: the fds that the process was started with. */
void inherited_fds_are(std::vector<int> fds);

/**
 * The fds that were open when the process started, ascending. Where nobody has told them they are those without FD_CLOEXEC:
 * execve(2) closes those that have it, and noci opens nothing without. No system call is made before somebody asks.
 */
std::vector<int> inherited_fds();

}  // namespace noci

#endif
