#include "trial.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdlib>

#include "clone3.h"
#include "kernel/fd.h"
#include "raw_syscall.h"
#include "retry.h"
#include "system_error.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace noci {
namespace {

// The kernel's headers are not on the path of every C library.

/** struct open_how of openat2(2) */
struct OpenHow {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};
constexpr uint64_t kResolveInRoot = 0x10;

/** struct mount_attr of mount_setattr(2) */
struct MountAttributes {
  uint64_t set;
  uint64_t clear;
  uint64_t propagation;
  uint64_t user_namespace;
};
constexpr uint64_t kReadonly = 1;
constexpr unsigned kAtRecursive = 0x8000;
constexpr uint64_t kPrivate = 1 << 18;
/** fsopen(2), fsconfig(2), fsmount(2), move_mount(2), open_tree(2) */
constexpr unsigned kCloexec = 1;
constexpr unsigned kConfigCreate = 6;
constexpr unsigned kFromEmptyPath = 4;
constexpr unsigned kOpenTreeClone = 1;

constexpr unsigned kMemfdExec = 0x10;
constexpr int kSealExec = 0x20;
constexpr int kPidfd = 3;

constexpr unsigned kSeccompSetFilter = 1;
constexpr unsigned kSeccompActionAvailable = 2;
constexpr unsigned kSeccompNotifySizes = 3;

/** The result of a raw system call as an errno. */
int failure_of(long result) { return result < 0 ? static_cast<int>(-result) : 0; }

long number_of(const std::string& subject) {
  char* end = nullptr;
  errno = 0;
  const long long number = strtoll(subject.c_str(), &end, 10);
  if (subject.empty() || *end != '\0' || errno != 0) refuse("trial", "the subject is no number");
  return static_cast<long>(number);
}

// ── in a child: raw system calls and nothing else, for its memory is a copy of a process that may have threads

using Body = int (*)(long number);

/** Namespaces of one's own: at once for who may, else by being root of a user namespace. */
int leave(long flags) {
  const int error = failure_of(raw_syscall(SYS_unshare, flags));
  if (error != EPERM || (flags & CLONE_NEWUSER) != 0) return error;
  const int refused = failure_of(raw_syscall(SYS_unshare, CLONE_NEWUSER));
  return refused != 0 ? refused : failure_of(raw_syscall(SYS_unshare, flags));
}

/** A mount namespace that passes nothing on, and a tmpfs that is not attached in it. -errno, or an fd */
long detached_mount() {
  if (const int error = leave(CLONE_NEWNS)) return -error;
  const MountAttributes alone = {0, 0, kPrivate, 0};
  const long cut = raw_syscall(SYS_mount_setattr, AT_FDCWD, raw_pointer("/"), kAtRecursive, raw_pointer(&alone), sizeof alone);
  if (cut < 0) return cut;
  const long context = raw_syscall(SYS_fsopen, raw_pointer("tmpfs"), kCloexec);
  if (context < 0) return context;
  const long made = raw_syscall(SYS_fsconfig, context, kConfigCreate);
  return made < 0 ? made : raw_syscall(SYS_fsmount, context, kCloexec);
}

int nothing(long) { return 0; }

int namespaces(long flags) { return leave(flags); }

int mount_tmpfs(long) {
  const long mount = detached_mount();
  if (mount < 0) return failure_of(mount);
  return failure_of(raw_syscall(SYS_move_mount, mount, raw_pointer(""), AT_FDCWD, raw_pointer("/"), kFromEmptyPath));
}

int set_attributes(long) {
  const long mount = detached_mount();
  if (mount < 0) return failure_of(mount);
  const MountAttributes readonly = {kReadonly, 0, 0, 0};
  return failure_of(raw_syscall(SYS_mount_setattr, mount, raw_pointer(""), AT_EMPTY_PATH, raw_pointer(&readonly), sizeof readonly));
}

int clone_tree(long) {
  if (const int error = leave(CLONE_NEWNS)) return error;
  constexpr long kFlags = kOpenTreeClone | O_CLOEXEC | kAtRecursive;
  return failure_of(raw_syscall(SYS_open_tree, AT_FDCWD, raw_pointer("/"), kFlags));
}

struct Trial {
  const char* name;
  Body body;
};

constexpr Trial kInChild[] = {
    {"clone3", nothing},
    {"namespaces", namespaces},
    {"mount", mount_tmpfs},
    {"mount_setattr", set_attributes},
    {"open_tree", clone_tree},
};

/** Every signal: a handler of the host must not run in the child. */
class SignalsBlocked {
 public:
  SignalsBlocked() {
    const uint64_t all = ~uint64_t{0};
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, raw_pointer(&all), raw_pointer(&before_), sizeof all);
  }
  ~SignalsBlocked() { raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, raw_pointer(&before_), 0, sizeof before_); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  uint64_t before_ = 0;
};

/** The child's exit status is an errno: none is larger than 133. */
int in_child(Body body, long number) {
  const SignalsBlocked blocked;
  int pidfd = -1;
  CloneArguments args = {};
  args.flags = CLONE_PIDFD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  // a signal of its own death would be taken for that of somebody else's child
  args.exit_signal = 0;
  const long pid = syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) {
    raw_syscall(SYS_exit_group, body(number));
    __builtin_unreachable();
  }
  if (pid < 0) return errno;
  const Fd child(pidfd);
  siginfo_t info = {};
  if (retry([&] { return waitid(static_cast<idtype_t>(kPidfd), static_cast<id_t>(pidfd), &info, WEXITED | __WALL); }) != 0)
    return errno;
  // a filter of system calls that kills
  return info.si_code == CLD_EXITED ? info.si_status : ENOSYS;
}

// ── in the process itself

int error_of(long result) { return result < 0 ? errno : 0; }

int try_openat2(const std::string&) {
  const OpenHow how = {O_PATH | O_CLOEXEC, 0, kResolveInRoot};
  const Fd fd(static_cast<int>(syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how)));
  return fd.open() ? 0 : errno;
}

Fd own_pidfd() { return Fd(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0))); }

int try_pidfd(const std::string&) {
  const Fd self = own_pidfd();
  if (!self.open()) return errno;
  if (const int error = error_of(syscall(SYS_pidfd_send_signal, self.get(), 0, nullptr, 0))) return error;
  siginfo_t info = {};
  const int waited = error_of(waitid(static_cast<idtype_t>(kPidfd), static_cast<id_t>(self.get()), &info, WEXITED | WNOHANG));
  // nobody is a child of its own
  return waited == ECHILD ? 0 : waited;
}

int try_pidfd_getfd(const std::string&) {
  const Fd self = own_pidfd();
  if (!self.open()) return errno;
  const Fd copy(static_cast<int>(syscall(SYS_pidfd_getfd, self.get(), self.get(), 0)));
  return copy.open() ? 0 : errno;
}

/** A kernel that knows the flag looks at the fd next. */
int try_clone_into_cgroup(const std::string&) {
  CloneArguments args = {};
  args.flags = kCloneIntoCgroup;
  args.exit_signal = SIGCHLD;
  args.cgroup = INT_MAX;
  const long pid = syscall(SYS_clone3, &args, sizeof args);
  // nobody has an fd of that number
  if (pid == 0) _exit(0);
  return errno == EBADF ? 0 : errno;
}

int try_memfd(const std::string&) {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Fd fd(memfd_create("noci-trial", kFlags | kMemfdExec));
  if (!fd.open() && errno == EINVAL) fd.reset(memfd_create("noci-trial", kFlags));
  if (!fd.open()) return errno;
  constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (fcntl(fd.get(), F_ADD_SEALS, kSeals | kSealExec) == 0) return 0;
  return error_of(fcntl(fd.get(), F_ADD_SEALS, kSeals));
}

int try_close_range(const std::string&) { return error_of(syscall(SYS_close_range, UINT_MAX, UINT_MAX, 0)); }

/** EBADF is about the fd: the call is there. */
int try_execveat(const std::string&) {
  char* none[] = {nullptr};
  const int error = error_of(syscall(SYS_execveat, -1, "", none, none, AT_EMPTY_PATH));
  return error == EBADF ? 0 : error;
}

/** EFAULT is about the program: the flags are known. */
int try_seccomp_filter(const std::string& subject) {
  const int error = error_of(syscall(SYS_seccomp, kSeccompSetFilter, number_of(subject), nullptr));
  return error == EFAULT ? 0 : error;
}

int try_seccomp_action(const std::string& subject) {
  const uint32_t action = static_cast<uint32_t>(number_of(subject));
  return error_of(syscall(SYS_seccomp, kSeccompActionAvailable, 0, &action));
}

int try_seccomp_notify(const std::string&) {
  uint16_t sizes[3] = {};
  return error_of(syscall(SYS_seccomp, kSeccompNotifySizes, 0, sizes));
}

/** Without a session keyring the answer is another error. */
int try_keyctl(const std::string&) {
  constexpr int kGetKeyringId = 0;
  constexpr int kSessionKeyring = -3;
  const int error = error_of(syscall(SYS_keyctl, kGetKeyringId, kSessionKeyring, 0));
  return error == ENOSYS || error == EPERM ? error : 0;
}

int try_memory_policy(const std::string&) {
  int mode = 0;
  return error_of(syscall(SYS_get_mempolicy, &mode, nullptr, 0, nullptr, 0));
}

/** BPF_PROG_TYPE_CGROUP_DEVICE that allows all: it is loaded, attached to nothing, and gone with its fd. bpf(2) */
int try_device_program(const std::string&) {
  struct ProgLoad {
    uint32_t type;
    uint32_t count;
    uint64_t instructions;
    uint64_t license;
    uint32_t log_level;
    uint32_t log_size;
    uint64_t log;
    uint32_t version;
    uint32_t flags;
    char name[16];
  };
  static const unsigned char kReturnOne[16] = {0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0};
  static const char kLicense[] = "Apache-2.0";
  ProgLoad load = {};
  load.type = 15;
  load.count = 2;
  load.instructions = reinterpret_cast<uint64_t>(kReturnOne);
  load.license = reinterpret_cast<uint64_t>(kLicense);
  const Fd program(static_cast<int>(syscall(SYS_bpf, 5, &load, sizeof load)));
  return program.open() ? 0 : errno;
}

/** faccessat2(2) of what the process may do to a directory: make something in it. */
int try_write_access(const std::string& path) { return error_of(faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS)); }

/** A program's file capabilities, capabilities(7); ENODATA: none. */
int try_file_capabilities(const std::string& path) {
  return error_of(getxattr(path.c_str(), "security.capability", nullptr, 0));
}

struct Own {
  const char* name;
  int (*run)(const std::string& subject);
};

constexpr Own kOwn[] = {
    {"openat2", try_openat2},
    {"pidfd", try_pidfd},
    {"pidfd_getfd", try_pidfd_getfd},
    {"clone_into_cgroup", try_clone_into_cgroup},
    {"memfd", try_memfd},
    {"close_range", try_close_range},
    {"execveat", try_execveat},
    {"seccomp_filter", try_seccomp_filter},
    {"seccomp_action", try_seccomp_action},
    {"seccomp_notify", try_seccomp_notify},
    {"keyctl", try_keyctl},
    {"memory_policy", try_memory_policy},
    {"device_program", try_device_program},
    {"write_access", try_write_access},
    {"file_capabilities", try_file_capabilities},
};

}  // namespace

int try_feature(std::string_view name, const std::string& subject) {
  for (const Own& own : kOwn)
    if (name == own.name) return own.run(subject);
  for (const Trial& trial : kInChild)
    if (name == trial.name) return in_child(trial.body, subject.empty() ? 0 : number_of(subject));
  refuse("trial", "there is no feature \"" + std::string(name) + "\"");
}

}  // namespace noci
