#ifndef NOCI_PARENT_UNIX_SOCKET_H
#define NOCI_PARENT_UNIX_SOCKET_H

#include <cstddef>
#include <string>
#include <string_view>

namespace noci {

/**
 * A stream socket connected to the one at `path`. A path that does not fit a sockaddr_un (107 bytes) is reached
 * through its directory.
 */
int unix_connect(const std::string& path);

/** The same for datagrams, and non-blocking; a first byte '@' is a name in no filesystem, as in sd_notify(3). */
int unix_connect_datagram(const std::string& path);

/** A non-blocking datagram socket bound to `name` in an open directory. Its mode is 0777 less the umask. unix(7) */
int unix_bind_datagram(int directory, const std::string& name);

/** Sends all of `data`; `fds` travel with its first byte. ETIMEDOUT when the other end does not read for 30 seconds. unix(7) */
void unix_send(int socket, std::string_view data, const int* fds, size_t count);

/** sendmsg(2) carries at most so many fds (SCM_MAX_FD). */
constexpr size_t kMostFdsPerMessage = 253;

}  // namespace noci

#endif
