#include "inherited_fds.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "system_error.h"

namespace noci {
namespace {

std::optional<std::vector<int>> told;

std::vector<int> without_cloexec() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) fail("open", "/proc/self/fd");
  std::vector<int> fds;
  while (const dirent* entry = readdir(directory)) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) fds.push_back(fd);
  }
  closedir(directory);
  std::sort(fds.begin(), fds.end());
  return fds;
}

}  // namespace

void inherited_fds_are(std::vector<int> fds) { told = std::move(fds); }

std::vector<int> inherited_fds() { return told ? *told : without_cloexec(); }

}  // namespace noci
