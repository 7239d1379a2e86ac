#include "holdings.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace noci::library {
namespace {

/** waitid(2), Linux 5.4 */
constexpr int kPidfd = 3;

/** Nobody else waits for them: a dead child whom nobody waits for stays for as long as the process does. */
void reap(std::vector<Fd> children) {
  while (!children.empty()) {
    std::vector<pollfd> polled;
    for (const Fd& child : children) polled.push_back({child.get(), POLLIN, 0});
    if (poll(polled.data(), polled.size(), -1) < 0) continue;
    std::vector<Fd> living;
    for (size_t i = 0; i < children.size(); i++) {
      siginfo_t info;
      if (polled[i].revents == 0) living.push_back(std::move(children[i]));
      else waitid(static_cast<idtype_t>(kPidfd), static_cast<id_t>(polled[i].fd), &info, WEXITED);
    }
    children = std::move(living);
  }
}

}  // namespace

Holdings& Holdings::of(Napi::Env env) {
  auto* holdings = env.GetInstanceData<Holdings>();
  if (holdings == nullptr) {
    holdings = new Holdings();
    env.SetInstanceData<Holdings>(holdings);
    napi_add_env_cleanup_hook(env, give_up, holdings);
  }
  return *holdings;
}

void Holdings::release(int fd) {
  held_.erase(fd);
  ::close(fd);
}

/** When the thread ends, whatever ends it: instance data is there until hooks have run. */
void Holdings::give_up(void* holdings) {
  std::vector<Fd> children;
  for (const auto& [fd, held] : std::exchange(static_cast<Holdings*>(holdings)->held_, {})) {
    Fd owned(fd);
    if (!held.child) continue;
    if (held.farewell != 0) syscall(SYS_pidfd_send_signal, fd, held.farewell, nullptr, 0);
    children.push_back(std::move(owned));
  }
  if (children.empty()) return;
  try {
    std::thread(reap, std::move(children)).detach();
  } catch (const std::system_error&) {
    // the process has no thread left to give: they are reaped when it ends
  }
}

}  // namespace noci::library
