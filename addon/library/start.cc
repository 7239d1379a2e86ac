#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "background.h"
#include "functions.h"
#include "holdings.h"
#include "kernel/fd.h"
#include "parent/retry.h"
#include "parent/system_error.h"

namespace noci::library {
namespace {

/** Above the numbers that fds get in the program, so that none is in the way of another. */
constexpr int kAway = 64;
/** waitid(2), Linux 5.4 */
constexpr int kPidfd = 3;

struct Program {
  std::string path;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  /** what becomes 0, 1, 2, … */
  std::vector<Fd> fds;
  /** what it gets when the thread that has started it ends before it does, 0: nothing */
  int farewell = 0;

  pid_t pid = -1;
  Fd pidfd;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

void must(int error, const std::string& path = {}) {
  if (error != 0) fail_with("posix_spawn", error, path);
}

/** posix_spawn(3): what is done between clone(2) and execve(2). */
class Actions {
 public:
  explicit Actions(const std::vector<Fd>& fds) {
    must(posix_spawn_file_actions_init(&actions_));
    int place = 0;
    for (const Fd& fd : fds) must(posix_spawn_file_actions_adddup2(&actions_, fd.get(), place++));
    // What other threads of the program have opened without O_CLOEXEC is nothing to noci.
    must(posix_spawn_file_actions_addclosefrom_np(&actions_, place));
  }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

/**
 * Default signals, since Node.js ignores SIGPIPE and threads of libuv block what they like; and a session of its own, since Ctrl-C at
 * the terminal of the program must not cut short what changes a container.
 */
class Attributes {
 public:
  Attributes() {
    must(posix_spawnattr_init(&attributes_));
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    must(posix_spawnattr_setsigmask(&attributes_, &none));
    must(posix_spawnattr_setsigdefault(&attributes_, &all));
    must(posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID));
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

/**
 * In the C library's posix_spawn(3) the child shares the memory until it executes, and only the calling thread waits for that. fork(2), by
 * which Node.js starts programs, copies the page tables of the whole heap, in the thread of the event loop.
 */
void spawn(Program& program) {
  const Actions actions(program.fds);
  const Attributes attributes;
  const std::vector<char*> arguments = pointers(program.arguments);
  const std::vector<char*> environment = pointers(program.environment);
  must(posix_spawn(&program.pid, program.path.c_str(), actions.get(), attributes.get(), arguments.data(), environment.data()),
       program.path);
  program.fds.clear();
  // Nobody waits for any child of the process without naming it, so that it is still this one.
  const long pidfd = syscall(SYS_pidfd_open, program.pid, 0);
  if (pidfd < 0) {
    // what nobody would wait for must not be
    const int error = errno;
    kill(program.pid, SIGKILL);
    retry([&] { return waitpid(program.pid, nullptr, 0); });
    fail_with("pidfd_open", error);
  }
  program.pidfd = Fd(static_cast<int>(pidfd));
}

}  // namespace

Napi::Value start(binding::Call& call) {
  const binding::Reader& reader = call.reader();
  auto program = std::make_shared<Program>();
  program->path = call.path(0);
  program->arguments = reader.texts(call.argument(1), "arguments");
  program->environment = reader.texts(call.argument(2), "environment");
  for (const int fd : reader.fds(call.argument(3), "fds")) {
    const int copy = fcntl(fd, F_DUPFD_CLOEXEC, kAway);
    if (copy < 0) fail("fcntl");
    program->fds.emplace_back(copy);
  }
  program->farewell = static_cast<int>(call.integer(4, "farewell", 0, SIGRTMAX));
  Holdings& holdings = Holdings::of(call.env());
  return Background::promise(
      call.env(), [program] { spawn(*program); },
      [program, &holdings](Napi::Env env) {
        // first of all: in a thread that is being terminated no value can be made
        holdings.hold_child(program->pidfd.get(), program->farewell);
        const int pidfd = program->pidfd.release();
        Napi::Object result = Napi::Object::New(env);
        result.Set("pid", Napi::Number::New(env, program->pid));
        result.Set("pidfd", Napi::Number::New(env, pidfd));
        return result;
      });
}

Napi::Value release(binding::Call& call) {
  Holdings::of(call.env()).release(call.fd(0));
  return call.undefined();
}

Napi::Value ended(binding::Call& call) {
  const int pidfd = call.fd(0, "pidfd");
  auto info = std::make_shared<siginfo_t>();
  return Background::promise(
      call.env(),
      [pidfd, info] {
        if (retry([&] { return waitid(static_cast<idtype_t>(kPidfd), static_cast<id_t>(pidfd), info.get(), WEXITED); }) != 0)
          fail("waitid");
      },
      [info](Napi::Env env) {
        const bool exited = info->si_code == CLD_EXITED;
        Napi::Object result = Napi::Object::New(env);
        const Napi::Value number = Napi::Number::New(env, info->si_status);
        result.Set("status", exited ? number : env.Null());
        result.Set("signal", exited ? env.Null() : number);
        return result;
      });
}

}  // namespace noci::library
