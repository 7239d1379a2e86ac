#include <sched.h>

#include "functions.h"
#include "parent/init_process.h"
#include "parent/launch.h"

namespace noci::binding::functions {
namespace {

/** CLONE_NEWTIME has the value of a bit of the exit signal in clone(2), but not in clone3(2). Linux 5.6 */
constexpr int64_t kNewTime = 0x80;
constexpr int64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                CLONE_NEWPID | CLONE_NEWNET | kNewTime;

std::vector<int> stdio_of(const Reader& reader, Napi::Object options) {
  std::vector<int> fds = reader.fds(reader.field(options, "stdio"), "stdio");
  if (fds.size() != 3) reader.refuse("stdio", "three file descriptors");
  return fds;
}

int fd_or_none(const Reader& reader, Napi::Object options, const char* name) {
  return static_cast<int>(reader.integer(reader.field(options, name), name, -1, INT32_MAX));
}

uint64_t namespaces_of(const Reader& reader, Napi::Object options) {
  const int64_t flags = reader.integer(reader.field(options, "cloneFlags"), "cloneFlags", 0, UINT32_MAX);
  if ((flags & ~kNamespaces) != 0) reader.refuse("cloneFlags", "flags of namespaces");
  return static_cast<uint64_t>(flags);
}

Napi::Object process_of(Call& call, Launched& process) {
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("pid", call.result(process.pid));
  result.Set("pidfd", call.result(process.pidfd.release()));
  return result;
}

}  // namespace

Napi::Value spawn(Call& call) {
  const Reader& reader = call.reader();
  const Napi::Object options = reader.object(call.argument(0), "options");
  Launch program;
  program.path = reader.text(reader.field(options, "path"), "path");
  if (program.path.empty() || program.path.front() != '/') reader.refuse("path", "absolute");
  program.arguments = reader.texts(reader.field(options, "args"), "args");
  program.environment = reader.texts(reader.field(options, "env"), "env");
  program.directory = reader.text(reader.field(options, "cwd"), "cwd");
  program.fds = stdio_of(reader, options);
  program.group = true;
  Launched process = launch(program);
  return process_of(call, process);
}

Napi::Value spawnInit(Call& call) {
  const Reader& reader = call.reader();
  const Napi::Object options = reader.object(call.argument(0), "options");
  InitStart start;
  start.namespaces = namespaces_of(reader, options);
  start.cgroup = fd_or_none(reader, options, "cgroup");
  start.pid_namespace = fd_or_none(reader, options, "pidNamespace");
  start.joined = reader.fds(reader.field(options, "joined"), "joined");
  reader.each(reader.field(options, "joinedTypes"), "joinedTypes", [&](const Napi::Value& type, const std::string& what) {
    start.joined_types.push_back(static_cast<int>(reader.integer(type, what, 0, INT32_MAX)));
  });
  if (start.joined_types.size() != start.joined.size()) reader.refuse("joinedTypes", "as many as joined");
  start.stdio = stdio_of(reader, options);
  start.preserved = reader.fds(reader.field(options, "preserved"), "preserved");
  start.timeout = static_cast<int>(reader.integer(reader.field(options, "timeout"), "timeout", -1, INT32_MAX));
  InitProcess init = init_start(start);
  Napi::Object result = process_of(call, init.process);
  result.Set("socket", call.result(init.socket.release()));
  return result;
}

}  // namespace noci::binding::functions
