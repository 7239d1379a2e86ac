#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <ctime>

#include "functions.h"
#include "parent/command_line.h"
#include "parent/inherited_fds.h"
#include "parent/system_error.h"
#include "text.h"

namespace noci::binding::functions {
namespace {

Napi::Value list_of(Call& call, const std::vector<std::string>& items) {
  Napi::Array list = Napi::Array::New(call.env(), items.size());
  for (uint32_t i = 0; i < items.size(); i++) list.Set(i, call.result(items[i]));
  return list;
}

Napi::Value nanoseconds(Call& call, clockid_t clock) {
  timespec now;
  if (clock_gettime(clock, &now) != 0) fail("clock_gettime");
  return call.bigint(static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec));
}

}  // namespace

Napi::Value args(Call& call) { return list_of(call, command_line()); }

Napi::Value getenv(Call& call) {
  const char* value = ::getenv(call.text(0, "name").c_str());
  return value == nullptr ? call.undefined() : call.result(std::string(value));
}

Napi::Value environ(Call& call) {
  std::vector<std::string> entries;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; entry++) entries.emplace_back(*entry);
  return list_of(call, entries);
}

Napi::Value getpid(Call& call) { return call.result(::getpid()); }
Napi::Value geteuid(Call& call) { return call.result(int64_t{::geteuid()}); }
Napi::Value getegid(Call& call) { return call.result(int64_t{::getegid()}); }

Napi::Value getcwd(Call& call) {
  // The syscall itself: libcs answer "(unreachable)/x" with ENOENT or with a path found by walking up; see getcwd(3).
  char path[PATH_MAX];
  if (syscall(SYS_getcwd, path, sizeof path) < 0) fail("getcwd");
  if (path[0] != '/') fail_with("getcwd", ENOENT);
  return call.result(std::string(path));
}

Napi::Value chdir(Call& call) {
  const std::string path = call.path(0);
  if (::chdir(path.c_str()) != 0) fail("chdir", path);
  return call.undefined();
}

Napi::Value umask(Call& call) { return call.result(int64_t{::umask(call.bits(0, "mask") & 0777)}); }

Napi::Value exit(Call& call) {
  // Not exit(3): a JavaScript engine's exit handlers wait for threads and reset the caller's terminal.
  ::_exit(static_cast<int>(call.integer(0, "status", 0, 255)));
}

Napi::Value realtime(Call& call) { return nanoseconds(call, CLOCK_REALTIME); }
Napi::Value monotonic(Call& call) { return nanoseconds(call, CLOCK_MONOTONIC); }

Napi::Value isatty(Call& call) {
  termios settings;
  return call.result(ioctl(call.fd(0), TCGETS, &settings) == 0);
}

Napi::Value inheritedFds(Call& call) {
  const std::vector<int> fds = inherited_fds();
  Napi::Array list = Napi::Array::New(call.env(), fds.size());
  for (uint32_t i = 0; i < fds.size(); i++) list.Set(i, call.result(fds[i]));
  return list;
}

Napi::Value uname(Call& call) {
  utsname name;
  if (::uname(&name) != 0) fail("uname");
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("release", call.result(std::string(name.release)));
  result.Set("machine", call.result(std::string(name.machine)));
  return result;
}

Napi::Value boundingSet(Call& call) {
  uint64_t mask = 0;
  // EINVAL ends the list: the kernel does not know the capability. PR_CAPBSET_READ(2const)
  for (int capability = 0; capability < 64; capability++) {
    const int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (held < 0) break;
    mask |= static_cast<uint64_t>(held) << capability;
  }
  return call.bigint(mask);
}

}  // namespace noci::binding::functions
