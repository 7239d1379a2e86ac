#ifndef NOCI_PARENT_INHERITED_FDS_H
#define NOCI_PARENT_INHERITED_FDS_H

#include <vector>

namespace noci {

/**
 * Told by a host that opens nothing without O_CLOEXEC: {@link inherited_fds} is exact then, at any time and without a
 * system call before somebody asks. An inherited fd came through execve(2), which closes those with FD_CLOEXEC.
 */
void inherited_fds_are_those_kept_by_exec();

/**
 * The fds that were open when the process started, ascending.
 *
 * In a host that did not say {@link inherited_fds_are_those_kept_by_exec} (Node.js opens its own before any addon is loaded,
 * and sets FD_CLOEXEC on what it inherits) it is what can be told apart now: everything open but event fds, epolls, io_urings
 * and pipes of which both ends are here. Those are the engine's; a caller that passes such a thing to a Node host does not
 * get it through. Such a host asks before it opens anything.
 */
std::vector<int> inherited_fds();

}  // namespace noci

#endif
