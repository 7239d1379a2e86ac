#include "file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "kernel/fd.h"
#include "retry.h"
#include "system_error.h"

namespace noci {
namespace {

constexpr int kOpenat2Attempts = 128;
constexpr size_t kFirstRead = 4 << 10;

/** Without waiting for the other end of a FIFO. */
Fd open_for_reading(int dirfd, const std::string& path) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  Fd fd(retry([&] { return openat(dirfd, path.c_str(), kFlags); }));
  if (!fd.open()) fail("open", path);
  return fd;
}

/** With waiting for a writer that is there: `--process <(...)` has one. */
ssize_t read_waiting(int fd, char* buffer, size_t size) {
  const ssize_t length = retry([&] { return read(fd, buffer, size); });
  if (length >= 0 || errno != EAGAIN) return length;
  if (fcntl(fd, F_SETFL, O_RDONLY) != 0) return -1;
  return retry([&] { return read(fd, buffer, size); });
}

}  // namespace

int file_openat2(int dirfd, const char* path, const OpenHow& how) {
  for (int attempt = 0; attempt < kOpenat2Attempts; attempt++) {
    const int fd = static_cast<int>(syscall(SYS_openat2, dirfd, path, &how, sizeof how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return fd;
  }
  return -1;
}

std::string file_read(int dirfd, const std::string& path, size_t maximum) {
  const Fd fd = open_for_reading(dirfd, path);
  std::string text;
  size_t used = 0;
  for (;;) {
    // One byte more than allowed tells a file that is too large from one that just fits.
    if (used == text.size()) text.resize(std::min(std::max(kFirstRead, used * 2), maximum + 1));
    const ssize_t length = read_waiting(fd.get(), text.data() + used, text.size() - used);
    if (length < 0) fail("read", path);
    if (length == 0) break;
    used += static_cast<size_t>(length);
    if (used > maximum) fail_with("read", EFBIG, path);
  }
  text.resize(used);
  return text;
}

void file_write_control(int dirfd, const std::string& path, std::string_view text) {
  const Fd fd(retry([&] { return openat(dirfd, path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY); }));
  if (!fd.open()) fail("open", path);
  const ssize_t written = retry([&] { return write(fd.get(), text.data(), text.size()); });
  if (written < 0) fail("write", path);
  if (static_cast<size_t>(written) != text.size()) fail_with("write", EIO, path);
}

void file_write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t written = write(fd, data.data(), data.size());
    if (written >= 0) {
      data.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready = {fd, POLLOUT, 0};
      if (poll(&ready, 1, -1) < 0 && errno != EINTR) fail("poll");
    } else if (errno != EINTR) {
      fail("write");
    }
  }
}

}  // namespace noci
