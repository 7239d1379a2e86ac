#include "command_line.h"

#include <fcntl.h>

#include "file.h"

namespace noci {
namespace {

int known_count = 0;
char** known_arguments = nullptr;

/** proc_pid_cmdline(5): every argument ends with NUL. execve(2) caps all of them together at 6 MiB. */
std::vector<std::string> from_proc() {
  constexpr size_t kMaximum = 8 << 20;
  const std::string text = file_read(AT_FDCWD, "/proc/self/cmdline", kMaximum);
  std::vector<std::string> arguments;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\0', at);
    arguments.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return arguments;
}

}  // namespace

std::vector<std::string> command_line() {
  if (known_arguments == nullptr) return from_proc();
  return {known_arguments, known_arguments + known_count};
}

void command_line_is(int argc, char** argv) {
  known_count = argc;
  known_arguments = argv;
}

}  // namespace noci
