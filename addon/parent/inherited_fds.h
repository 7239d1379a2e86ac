#ifndef NOCI_PARENT_INHERITED_FDS_H
#define NOCI_PARENT_INHERITED_FDS_H

#include <vector>

namespace noci {

/** To be called first thing in main() by a host that can: from then on {@link inherited_fds} is exact. */
void inherited_fds_capture();

/**
 * The fds that were open when the process started, ascending.
 *
 * Without {@link inherited_fds_capture} (Node.js opens its own before any addon is loaded) it is what can be told apart
 * now: everything open but event fds, epolls, io_urings and pipes of which both ends are here. Those are the engine's; a
 * caller that passes such a thing to a Node host does not get it through. A host asks before it opens anything.
 */
std::vector<int> inherited_fds();

}  // namespace noci

#endif
