#include "filesystem.h"

#include <errno.h>
#include <string.h>

#include "../kernel/mount_api.h"
#include "quoted.h"

namespace {

constexpr size_t kLogSize = 512;

}  // namespace

Result Filesystem::refusal(const char* syscall, int error) {
  char log[kLogSize];
  // Each read(2) gives one message, "e tmpfs: Unknown parameter 'x'"; the first error is the cause.
  for (ssize_t length; (length = read(fd_.get(), log, sizeof log - 1)) > 0;) {
    log[length] = '\0';
    if (log[length - 1] == '\n') log[length - 1] = '\0';
    if (length > 2 && log[0] == 'e') return failed(syscall, error, context_.scratch.join(target_, " (", log + 2, ")"));
  }
  return failed(syscall, error, target_);
}

Result Filesystem::open(const char* type) {
  fd_ = Fd(kernel::fsopen(type));
  if (fd_.open()) return ok();
  if (errno != ENODEV) return failed("fsopen", errno, target_);
  const char* name = quoted(context_.scratch, type);
  return failed("fsopen", ENODEV, context_.scratch.join(target_, " (unknown filesystem ", name, ")"));
}

Result Filesystem::pick(int mount) {
  fd_ = Fd(kernel::fspick(mount));
  return fd_.open() ? ok() : failed("fspick", errno, target_);
}

Result Filesystem::parameter(const char* name, const char* value) {
  if (strlen(value) > kLongestParameter)
    return failed("fsconfig", E2BIG, context_.scratch.join(target_, " (value of ", name, ")"));
  if (kernel::fsconfig(fd_.get(), FSCONFIG_SET_STRING, name, value, 0) == 0) return ok();
  return refusal("fsconfig", errno);
}

Result Filesystem::parameter(const char* text) {
  const char* equals = strchr(text, '=');
  if (equals == nullptr) {
    if (kernel::fsconfig(fd_.get(), FSCONFIG_SET_FLAG, text, nullptr, 0) == 0) return ok();
    return refusal("fsconfig", errno);
  }
  char* name = const_cast<char*>(context_.scratch.copy(text));
  name[equals - text] = '\0';
  return parameter(name, equals + 1);
}

Result Filesystem::mount(unsigned attributes, Fd& mount) {
  if (kernel::fsconfig(fd_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return refusal("fsconfig", errno);
  mount = Fd(kernel::fsmount(fd_.get(), attributes));
  return mount.open() ? ok() : refusal("fsmount", errno);
}

Result Filesystem::reconfigure() {
  if (kernel::fsconfig(fd_.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0) == 0) return ok();
  return refusal("fsconfig", errno);
}
