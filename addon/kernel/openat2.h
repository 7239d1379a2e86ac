#ifndef NOCI_KERNEL_OPENAT2_H
#define NOCI_KERNEL_OPENAT2_H

#include <linux/openat2.h>
#include <stdint.h>

namespace kernel {

/** openat2(2) with O_CLOEXEC. -1 and errno. Interrupted calls are resumed. */
int openat2(int dirfd, const char* path, uint64_t flags, uint64_t mode, uint64_t resolve);

}  // namespace kernel

#endif
