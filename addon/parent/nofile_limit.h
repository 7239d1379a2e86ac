#ifndef NOCI_PARENT_NOFILE_LIMIT_H
#define NOCI_PARENT_NOFILE_LIMIT_H

#include <cstdint>
#include <optional>

namespace noci {

/** Told by a host whose engine has changed the soft RLIMIT_NOFILE: what it was when the process was started. */
void nofile_limit_was(uint64_t soft);

/** The soft limit that everything starts with which is started; none: that of this process. */
std::optional<uint64_t> nofile_limit();

}  // namespace noci

#endif
