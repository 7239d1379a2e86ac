#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "functions.h"
#include "kernel/fd.h"
#include "open_flags.h"
#include "parent/file.h"
#include "parent/retry.h"
#include "parent/system_error.h"

namespace noci::binding::functions {
namespace {

constexpr int64_t kLongestRead = int64_t{1} << 30;
/** XATTR_SIZE_MAX of linux/limits.h */
constexpr int64_t kLongestAttribute = 65536;

}  // namespace

Napi::Value open(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  const int flags = open_flags(call.number(2, "flags")) | O_CLOEXEC | O_NOCTTY;
  const uint32_t mode = call.bits(3, "mode");
  const int fd = retry([&] { return ::openat(dirfd, path.c_str(), flags, mode); });
  if (fd < 0) fail("open", path);
  return call.result(fd);
}

Napi::Value openat2(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  OpenHow how = {};
  how.flags = static_cast<uint32_t>(open_flags(static_cast<int>(call.bits(2, "flags")))) | O_CLOEXEC;
  how.mode = call.bits(3, "mode");
  how.resolve = call.bits(4, "resolve");
  const int fd = file_openat2(dirfd, path.c_str(), how);
  if (fd < 0) fail("openat2", path);
  return call.result(fd);
}

Napi::Value close(Call& call) {
  if (::close(call.fd(0)) != 0 && errno != EINTR) fail("close");
  return call.undefined();
}

Napi::Value readText(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  return call.result(file_read(dirfd, path, static_cast<size_t>(call.integer(2, "maximum", 0, kLongestRead))));
}

Napi::Value writeControl(Call& call) {
  const int dirfd = call.directory(0);
  const std::string path = call.path(1);
  file_write_control(dirfd, path, call.text(2, "text"));
  return call.undefined();
}

Napi::Value read(Call& call) {
  const int fd = call.fd(0);
  std::string buffer(static_cast<size_t>(call.integer(1, "length", 0, kLongestRead)), '\0');
  const ssize_t length = retry([&] { return ::read(fd, buffer.data(), buffer.size()); });
  if (length < 0) fail("read");
  Napi::Uint8Array result = Napi::Uint8Array::New(call.env(), static_cast<size_t>(length));
  if (length > 0) memcpy(result.Data(), buffer.data(), static_cast<size_t>(length));
  return result;
}

Napi::Value write(Call& call) {
  const int fd = call.fd(0);
  file_write_all(fd, call.data(1, "data"));
  return call.undefined();
}

Napi::Value fsync(Call& call) {
  const int fd = call.fd(0);
  if (retry([&] { return ::fsync(fd); }) != 0) fail("fsync");
  return call.undefined();
}

Napi::Value flock(Call& call) {
  const int fd = call.fd(0);
  const int operation = call.number(1, "operation");
  if (retry([&] { return ::flock(fd, operation); }) == 0) return call.result(true);
  if (errno == EWOULDBLOCK) return call.result(false);
  fail("flock");
}

Napi::Value fchmod(Call& call) {
  if (::fchmod(call.fd(0), call.bits(1, "mode")) != 0) fail("fchmod");
  return call.undefined();
}

Napi::Value fchown(Call& call) {
  if (::fchown(call.fd(0), call.bits(1, "uid"), call.bits(2, "gid")) != 0) fail("fchown");
  return call.undefined();
}

Napi::Value lsetxattr(Call& call) {
  const std::string path = call.path(0);
  const std::string name = call.text(1, "name");
  const std::string value = call.data(2, "value");
  if (::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) != 0) fail("lsetxattr", path);
  return call.undefined();
}

Napi::Value fgetxattr(Call& call) {
  const int fd = call.fd(0);
  const std::string name = call.text(1, "name");
  std::string value(static_cast<size_t>(call.integer(2, "maximum", 1, kLongestAttribute)), '\0');
  const ssize_t length = ::fgetxattr(fd, name.c_str(), value.data(), value.size());
  if (length < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) return call.undefined();
  if (length < 0) fail("fgetxattr");
  return call.result(value.substr(0, static_cast<size_t>(length)));
}

Napi::Value pipe(Call& call) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  Napi::Array result = Napi::Array::New(call.env(), 2);
  result.Set(0u, call.result(ends[0]));
  result.Set(1u, call.result(ends[1]));
  return result;
}

Napi::Value eventfd(Call& call) {
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  if (fd < 0) fail("eventfd");
  return call.result(fd);
}

Napi::Value setNonblocking(Call& call) {
  const int fd = call.fd(0);
  const bool on = call.boolean(1, "on");
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) fail("fcntl");
  if (fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) != 0) fail("fcntl");
  return call.undefined();
}

}  // namespace noci::binding::functions
