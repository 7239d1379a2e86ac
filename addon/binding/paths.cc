#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstring>

#include "functions.h"
#include "parent/retry.h"
#include "parent/system_error.h"

namespace noci::binding::functions {
namespace {

/** getdents64(2) */
struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

void append_entries(Call& call, Napi::Array list, const char* buffer, size_t size) {
  for (size_t at = 0; at < size;) {
    const auto* entry = reinterpret_cast<const DirectoryEntry*>(buffer + at);
    at += entry->length;
    if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0) continue;
    const Napi::HandleScope scope(call.env());
    Napi::Object item = Napi::Object::New(call.env());
    item.Set("name", call.result(std::string(entry->name)));
    item.Set("type", call.result(int{entry->type}));
    list.Set(list.Length(), item);
  }
}

}  // namespace

Napi::Value stat(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  struct stat info;
  if (fstatat(dirfd, path.c_str(), &info, call.number(2, "flags")) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return call.undefined();
    fail("stat", path);
  }
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("mode", call.result(int64_t{info.st_mode}));
  result.Set("uid", call.result(int64_t{info.st_uid}));
  result.Set("gid", call.result(int64_t{info.st_gid}));
  result.Set("size", call.result(int64_t{info.st_size}));
  result.Set("dev", call.bigint(info.st_dev));
  result.Set("ino", call.bigint(info.st_ino));
  result.Set("rdev", call.bigint(info.st_rdev));
  result.Set("nlink", call.result(static_cast<int64_t>(info.st_nlink)));
  return result;
}

Napi::Value changeTime(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  struct stat info;
  if (fstatat(dirfd, path.c_str(), &info, 0) != 0) fail("stat", path);
  constexpr uint64_t kSecond = 1'000'000'000;
  return call.bigint(static_cast<uint64_t>(info.st_ctim.tv_sec) * kSecond + static_cast<uint64_t>(info.st_ctim.tv_nsec));
}

Napi::Value statfs(Call& call) {
  const std::string path = call.path(0);
  struct statfs info;
  if (retry([&] { return ::statfs(path.c_str(), &info); }) == 0) return call.result(static_cast<int64_t>(info.f_type));
  if (errno == ENOENT) return call.undefined();
  fail("statfs", path);
}

Napi::Value readlink(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  char target[PATH_MAX];
  const ssize_t length = ::readlinkat(dirfd, path.c_str(), target, sizeof target);
  if (length < 0) fail("readlink", path);
  if (static_cast<size_t>(length) == sizeof target) fail_with("readlink", ENAMETOOLONG, path);
  return call.result(std::string(target, static_cast<size_t>(length)));
}

Napi::Value readdir(Call& call) {
  const int fd = call.fd(0);
  if (lseek(fd, 0, SEEK_SET) < 0) fail("lseek");
  Napi::Array list = Napi::Array::New(call.env());
  alignas(DirectoryEntry) char buffer[16 << 10];
  for (;;) {
    const long size = syscall(SYS_getdents64, fd, buffer, sizeof buffer);
    if (size < 0) fail("getdents64");
    if (size == 0) return list;
    append_entries(call, list, buffer, static_cast<size_t>(size));
  }
}

Napi::Value mkdir(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  if (::mkdirat(dirfd, path.c_str(), call.bits(2, "mode")) != 0) fail("mkdir", path);
  return call.undefined();
}

Napi::Value mkfifo(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  if (::mkfifoat(dirfd, path.c_str(), call.bits(2, "mode")) != 0) fail("mkfifo", path);
  return call.undefined();
}

Napi::Value rename(Call& call) {
  const int from_directory = call.directory(0, "fromDir");
  const std::string from = call.path(1, "from");
  const int to_directory = call.directory(2, "toDir");
  const std::string to = call.path(3, "to");
  if (::renameat(from_directory, from.c_str(), to_directory, to.c_str()) != 0) fail("rename", from);
  return call.undefined();
}

Napi::Value unlink(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  const int flags = call.number(2, "flags");
  if (::unlinkat(dirfd, path.c_str(), flags) != 0) fail((flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", path);
  return call.undefined();
}

}  // namespace noci::binding::functions
