#ifndef NOCI_BINDING_OPEN_FLAGS_H
#define NOCI_BINDING_OPEN_FLAGS_H

#include <fcntl.h>

namespace noci::binding {

struct OpenFlag {
  int boundary;
  int here;
};

/**
 * The flags of open(2) that differ between architectures: as the boundary has them, which is as x86-64 does, and as this
 * machine does. On arm64 0x4000 is O_DIRECTORY and 0x8000 is O_NOFOLLOW: a link would be followed that was not to be.
 */
constexpr OpenFlag kOpenFlags[] = {
    {0x4000, O_DIRECT},
    {0x8000, O_LARGEFILE},
    {0x10000, O_DIRECTORY},
    {0x20000, O_NOFOLLOW},
};

/** Flags of the boundary as this machine's kernel takes them. */
constexpr int open_flags(int boundary) {
  int flags = boundary;
  for (const OpenFlag& flag : kOpenFlags) flags &= ~flag.boundary;
  for (const OpenFlag& flag : kOpenFlags) {
    if ((boundary & flag.boundary) != 0) flags |= flag.here;
  }
  return flags;
}

// These are the same everywhere, so that they need no line above.
static_assert(O_CREAT == 0x40 && O_EXCL == 0x80 && O_TRUNC == 0x200 && O_APPEND == 0x400 && O_NONBLOCK == 0x800);
static_assert(O_CLOEXEC == 0x80000 && O_PATH == 0x200000 && (O_TMPFILE & ~O_DIRECTORY) == 0x400000);
static_assert(open_flags(0x30000 | O_PATH) == (O_DIRECTORY | O_NOFOLLOW | O_PATH));

}  // namespace noci::binding

#endif
