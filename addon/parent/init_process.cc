#include "init_process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "frame.h"
#include "init/wire.h"
#include "init_image.h"
#include "kernel/weakened.h"
#include "sealed_image.h"
#include "system_error.h"

namespace noci {
namespace {

struct Started {
  int socket;
  uint32_t preserved;
};

/**
 * Inits that wait for a plan. The number travels in the plan and not in init's arguments, which the container's
 * processes can see.
 */
std::vector<Started>& started() {
  static std::vector<Started> list;
  return list;
}

void remember(int socket, size_t preserved) {
  init_preserved(socket);
  started().push_back({socket, static_cast<uint32_t>(preserved)});
}

/**
 * While it lives, the children of this thread start in another pid namespace; the thread itself stays where it is
 * (setns(2)). Nothing happens when `fd` is -1.
 */
class PidNamespaceForChildren {
 public:
  explicit PidNamespaceForChildren(int fd) {
    if (fd < 0) return;
    own_.reset(open("/proc/thread-self/ns/pid_for_children", O_RDONLY | O_CLOEXEC));
    if (!own_.open()) fail("open", "/proc/thread-self/ns/pid_for_children");
    if (setns(fd, CLONE_NEWPID) != 0) fail("setns");
  }
  PidNamespaceForChildren(const PidNamespaceForChildren&) = delete;
  PidNamespaceForChildren& operator=(const PidNamespaceForChildren&) = delete;
  /** A runtime that cannot come back would start its hooks inside the container. */
  ~PidNamespaceForChildren() {
    if (own_.open() && setns(own_.get(), CLONE_NEWPID) != 0) abort();
  }

 private:
  Fd own_;
};

/**
 * Who starts in a namespace of somebody else's can be seen there while it still has this process's memory: root of a joined user
 * namespace may trace whom it likes in it, but not who is undumpable in memory of another one. ptrace(2), CVE-2016-9962
 */
class Undumpable {
 public:
  explicit Undumpable(bool on) : before_(on ? prctl(PR_GET_DUMPABLE) : 0) {
    if (before_ != 0 && prctl(PR_SET_DUMPABLE, 0) != 0) fail("prctl");
  }
  Undumpable(const Undumpable&) = delete;
  Undumpable& operator=(const Undumpable&) = delete;
  ~Undumpable() {
    if (before_ == 1) prctl(PR_SET_DUMPABLE, 1);
  }

 private:
  int before_;
};

/**
 * A network namespace takes the kernel five times as long as all the others, and who calls clone3(2) waits for it: init makes
 * it itself, while the runtime records init and sends the plan.
 */
constexpr uint64_t kMadeByInit = CLONE_NEWNET;

void leave_to_init(int socket, uint64_t namespaces) {
  if (namespaces == 0) return;
  Body body;
  body.integer(namespaces);
  frame_send(socket, kFrameUnshare, body);
}

struct SocketPair {
  Fd ours;
  Fd theirs;
};

SocketPair socket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
  return {Fd(ends[0]), Fd(ends[1])};
}

Launch launch_of(const InitStart& start, int executable, int handshake) {
  Launch launch;
  launch.namespaces = start.namespaces & ~kMadeByInit;
  launch.cgroup = start.cgroup;
  launch.joined = start.joined;
  launch.joined_types = start.joined_types;
  launch.executable = executable;
  launch.arguments = {"noci-init"};
#ifdef NOCI_WEAKENED
  if (const char* const row = getenv("NOCI_WEAKENED")) launch.environment = {std::string("NOCI_WEAKENED=") + row};
#endif
  launch.timeout = start.timeout;
  launch.fds = start.stdio;
  launch.fds.push_back(handshake);
  launch.fds.insert(launch.fds.end(), start.preserved.begin(), start.preserved.end());
  return launch;
}

}  // namespace

InitProcess init_start(const InitStart& start) {
  const Fd image = sealed_image(init_image());
  SocketPair sockets = socket_pair();
  const PidNamespaceForChildren elsewhere(start.pid_namespace);
  const Undumpable hidden(start.pid_namespace >= 0 || !start.joined.empty());
  Launched process = launch(launch_of(start, image.get(), sockets.theirs.get()));
  remember(sockets.ours.get(), start.preserved.size());
  leave_to_init(sockets.ours.get(), start.namespaces & kMadeByInit);
  return {std::move(process), std::move(sockets.ours)};
}

uint32_t init_preserved(int socket) {
  std::vector<Started>& list = started();
  const auto found = std::find_if(list.begin(), list.end(), [&](const Started& one) { return one.socket == socket; });
  if (found == list.end()) return 0;
  const uint32_t preserved = found->preserved;
  list.erase(found);
  return preserved;
}

}  // namespace noci
