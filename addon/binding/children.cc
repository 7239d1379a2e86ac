#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

#include "functions.h"
#include "parent/deadline.h"
#include "parent/retry.h"
#include "parent/signal_pipe.h"
#include "parent/system_error.h"

namespace noci::binding::functions {
namespace {

/** waitid(2), Linux 5.4; Debian 12's C library lacks the name with some feature macros */
constexpr int kPidfd = 3;

/** struct pidfd_info of linux/pidfd.h as it was first, and what asks for it. Linux 6.13, its end of the process 6.15 */
struct PidfdInfo {
  uint64_t mask;
  uint64_t cgroup;
  uint32_t ids[11];
  int32_t exit_code;
};
constexpr unsigned long kPidfdGetInfo = _IOWR(0xFF, 11, PidfdInfo);
constexpr uint64_t kPidfdInfoExit = 8;

Napi::Value exit_of(Call& call, const siginfo_t& info) {
  const bool exited = info.si_code == CLD_EXITED;
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("status", exited ? call.result(info.si_status) : call.env().Null());
  result.Set("signal", exited ? call.env().Null() : call.result(info.si_status));
  return result;
}

/** False: none has ended. */
bool wait_any(int type, id_t id, siginfo_t& info) {
  info = {};
  if (retry([&] { return waitid(static_cast<idtype_t>(type), id, &info, WEXITED | WNOHANG); }) != 0) return false;
  return info.si_pid != 0;
}

std::vector<pollfd> pollfds_of(Call& call) {
  std::vector<pollfd> fds;
  const Reader& reader = call.reader();
  reader.each(call.argument(0), "fds", [&](Napi::Value item, const std::string& name) {
    const Napi::Object entry = reader.object(item, name);
    const int fd = reader.fd(reader.field(entry, "fd"), name + ".fd");
    const int64_t events = reader.integer(reader.field(entry, "events"), name + ".events", 0, SHRT_MAX);
    fds.push_back({fd, static_cast<short>(events), 0});
  });
  return fds;
}

}  // namespace

Napi::Value pidfdOpen(Call& call) {
  const auto pid = static_cast<pid_t>(call.integer(0, "pid", 1, INT_MAX));
  const long fd = syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) fail("pidfd_open");
  return call.result(int64_t{fd});
}

Napi::Value pidfdSendSignal(Call& call) {
  const int pidfd = call.fd(0, "pidfd");
  const int signal = static_cast<int>(call.integer(1, "signal", 0, 64));
  if (syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) != 0) fail("pidfd_send_signal");
  return call.undefined();
}

Napi::Value pidfdGetfd(Call& call) {
  const int pidfd = call.fd(0, "pidfd");
  const long fd = syscall(SYS_pidfd_getfd, pidfd, call.integer(1, "fd", 0, INT_MAX), 0);
  if (fd < 0) fail("pidfd_getfd");
  return call.result(int64_t{fd});
}

Napi::Value waitPidfd(Call& call) {
  siginfo_t info;
  errno = 0;
  if (wait_any(kPidfd, static_cast<id_t>(call.fd(0, "pidfd")), info)) return exit_of(call, info);
  if (errno != 0) fail("waitid");
  return call.undefined();
}

Napi::Value pidfdExit(Call& call) {
  const int pidfd = call.fd(0, "pidfd");
  PidfdInfo info = {};
  info.mask = kPidfdInfoExit;
  // An older kernel does not know the question (ENOTTY, EINVAL) or that bit of it; before it was reaped the bit is not set (ESRCH).
  if (ioctl(pidfd, kPidfdGetInfo, &info) != 0 || (info.mask & kPidfdInfoExit) == 0) return call.undefined();
  const bool exited = WIFEXITED(info.exit_code);
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("status", exited ? call.result(int{WEXITSTATUS(info.exit_code)}) : call.env().Null());
  result.Set("signal", exited ? call.env().Null() : call.result(int{WTERMSIG(info.exit_code)}));
  return result;
}

Napi::Value reap(Call& call) {
  siginfo_t info;
  errno = 0;
  if (!wait_any(P_ALL, 0, info)) {
    if (errno != 0 && errno != ECHILD) fail("waitid");
    return call.undefined();
  }
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("pid", call.result(info.si_pid));
  result.Set("exit", exit_of(call, info));
  return result;
}

Napi::Value poll(Call& call) {
  std::vector<pollfd> fds = pollfds_of(call);
  Deadline(static_cast<int>(call.integer(1, "timeout", -1, INT_MAX))).poll(fds.data(), fds.size());
  Napi::Array result = Napi::Array::New(call.env(), fds.size());
  for (uint32_t i = 0; i < fds.size(); i++) result.Set(i, call.result(int{fds[i].revents}));
  return result;
}

Napi::Value kill(Call& call) {
  const auto pid = static_cast<pid_t>(call.integer(0, "pid", -INT_MAX, INT_MAX));
  // kill(2): 0 is our own group and -1 is every process there is. Nobody means that.
  if (pid == 0 || pid == -1) call.reader().refuse("pid", "a process or a process group");
  if (::kill(pid, static_cast<int>(call.integer(1, "signal", 0, 64))) != 0) fail("kill");
  return call.undefined();
}

Napi::Value setChildSubreaper(Call& call) {
  if (prctl(PR_SET_CHILD_SUBREAPER, call.boolean(0, "on") ? 1 : 0, 0, 0, 0) != 0) fail("prctl");
  return call.undefined();
}

Napi::Value catchSignals(Call& call) { return call.result(signal_pipe()); }

}  // namespace noci::binding::functions
