#include "copy_up.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kernel/fd.h"
#include "../kernel/weakened.h"

namespace {

/** Deeper than any tree of files; a directory costs two fds and some stack per level. */
constexpr int kDeepest = 128;
constexpr size_t kEntriesSize = 2048;
constexpr size_t kMostAtOnce = 1u << 30;

/** getdents64(2) */
struct Entry {
  uint64_t number;
  int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[1];
};

Result copy_directory(int from, int to, int depth, const char* path);

/** Owner before mode: chown(2) clears set-user-ID. */
Result copy_status(int to, const char* name, const struct stat& status, const char* path) {
  if (fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0) return failed("fchownat", errno, path);
  const bool link = S_ISLNK(status.st_mode);
  if (!link && fchmodat(to, name, status.st_mode & 07777, 0) != 0) return failed("fchmodat", errno, path);
  const timespec times[2] = {status.st_atim, status.st_mtim};
  return utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) == 0 ? ok() : failed("utimensat", errno, path);
}

Result copy_bytes(int from, int to, const char* path) {
  ssize_t copied;
  do {
    copied = sendfile(to, from, nullptr, kMostAtOnce);
  } while (copied > 0 || (copied < 0 && errno == EINTR));
  return copied == 0 ? ok() : failed("sendfile", errno, path);
}

/** The entry, for reading: still the inode that was looked at. O_NONBLOCK, as a FIFO in its place would block. */
Result open_entry(int from, const char* name, int flags, const struct stat& expected, Fd& file, const char* path) {
  file = Fd(openat(from, name, O_RDONLY | (WEAKENED("S23") ? 0 : O_NOFOLLOW) | O_NONBLOCK | O_CLOEXEC | flags));
  struct stat status;
  if (!file.open() || fstat(file.get(), &status) != 0) return failed("openat", errno, path);
  const bool same = status.st_ino == expected.st_ino && status.st_dev == expected.st_dev;
  return same && (status.st_mode & S_IFMT) == (expected.st_mode & S_IFMT) ? ok() : failed("openat", ESTALE, path);
}

Result copy_file(int from, int to, const char* name, const struct stat& status, const char* path) {
  Fd source;
  NOCI_TRY(open_entry(from, name, 0, status, source, path));
  const Fd copy(openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!copy.open()) return failed("openat", errno, path);
  return copy_bytes(source.get(), copy.get(), path);
}

Result copy_link(int from, int to, const char* name, const char* path) {
  char target[PATH_MAX];
  const ssize_t length = readlinkat(from, name, target, sizeof target - 1);
  if (length < 0) return failed("readlinkat", errno, path);
  target[length] = '\0';
  return symlinkat(target, to, name) == 0 ? ok() : failed("symlinkat", errno, path);
}

Result copy_subdirectory(int from, int to, const char* name, const struct stat& status, int depth, const char* path) {
  if (depth == kDeepest) return failed("openat", ELOOP, path);
  Fd source;
  NOCI_TRY(open_entry(from, name, O_DIRECTORY, status, source, path));
  if (mkdirat(to, name, 0700) != 0) return failed("mkdirat", errno, path);
  const Fd copy(openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!copy.open()) return failed("openat", errno, path);
  return copy_directory(source.get(), copy.get(), depth + 1, path);
}

Result copy_node(int to, const char* name, const struct stat& status, const char* path) {
  return mknodat(to, name, status.st_mode, status.st_rdev) == 0 ? ok() : failed("mknodat", errno, path);
}

Result copy_content(int from, int to, const char* name, const struct stat& status, int depth, const char* path) {
  switch (status.st_mode & S_IFMT) {
    case S_IFREG: return copy_file(from, to, name, status, path);
    case S_IFDIR: return copy_subdirectory(from, to, name, status, depth, path);
    case S_IFLNK: return copy_link(from, to, name, path);
    default: return copy_node(to, name, status, path);
  }
}

Result copy_entry(int from, int to, const char* name, int depth, const char* path) {
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return ok();
  struct stat status;
  if (fstatat(from, name, &status, WEAKENED("S23") ? 0 : AT_SYMLINK_NOFOLLOW) != 0) return failed("fstatat", errno, path);
  if (S_ISSOCK(status.st_mode)) return ok();
  NOCI_TRY(copy_content(from, to, name, status, depth, path));
  return copy_status(to, name, status, path);
}

Result copy_directory(int from, int to, int depth, const char* path) {
  alignas(Entry) char entries[kEntriesSize];
  while (true) {
    const long size = syscall(SYS_getdents64, from, entries, sizeof entries);
    if (size < 0) return failed("getdents64", errno, path);
    if (size == 0) return ok();
    for (long at = 0; at < size;) {
      const Entry* entry = reinterpret_cast<const Entry*>(entries + at);
      NOCI_TRY(copy_entry(from, to, entry->name, depth, path));
      at += entry->length;
    }
  }
}

}  // namespace

Result copy_up(int from, int to, const char* path) {
  const Fd source(openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!source.open()) return failed("openat", errno, path);
  return copy_directory(source.get(), to, 0, path);
}
