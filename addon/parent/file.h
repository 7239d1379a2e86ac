#ifndef NOCI_PARENT_FILE_H
#define NOCI_PARENT_FILE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace noci {

/** open_how of openat2(2), Linux 5.6; the kernel's header is not on the path of every C library. */
struct OpenHow {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

/**
 * openat2(2); EAGAIN, which a rename or mount anywhere on the system can cause, is retried a bounded number of times.
 */
int file_openat2(int dirfd, const char* path, const OpenHow& how);

/**
 * The whole file. More than `maximum` bytes: EFBIG. A FIFO without a writer is an empty file, not a wait without end.
 */
std::string file_read(int dirfd, const std::string& path, size_t maximum);

/** One open, one write, close: a control file takes its value in one piece or not at all. */
void file_write_control(int dirfd, const std::string& path, std::string_view text);

/** Until everything is written; waits where `fd` is non-blocking. */
void file_write_all(int fd, std::string_view data);

}  // namespace noci

#endif
