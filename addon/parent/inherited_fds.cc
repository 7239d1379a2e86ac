#include "inherited_fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <string>

#include "system_error.h"

namespace noci {
namespace {

bool kept_by_exec = false;

std::vector<int> open_fds() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) fail("open", "/proc/self/fd");
  std::vector<int> fds;
  while (const dirent* entry = readdir(directory)) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(directory)) fds.push_back(fd);
  }
  closedir(directory);
  std::sort(fds.begin(), fds.end());
  return fds;
}

struct Open {
  int fd;
  std::string link;
  bool engine;
};

std::string link_of(int fd) {
  char target[PATH_MAX];
  const ssize_t length = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), target, sizeof target);
  return length < 0 ? std::string() : std::string(target, static_cast<size_t>(length));
}

bool is_engine_inode(const std::string& link) {
  return link == "anon_inode:[eventpoll]" || link == "anon_inode:[eventfd]" || link == "anon_inode:[io_uring]";
}

bool has_both_ends(const std::vector<Open>& all, const Open& one) {
  if (one.link.compare(0, 5, "pipe:") != 0) return false;
  const auto access = [](int fd) { return fcntl(fd, F_GETFL) & O_ACCMODE; };
  return std::any_of(all.begin(), all.end(), [&](const Open& other) {
    return other.link == one.link && access(other.fd) != access(one.fd);
  });
}

std::vector<int> without_engine() {
  std::vector<Open> all;
  for (const int fd : open_fds()) all.push_back({fd, link_of(fd), false});
  for (Open& one : all) one.engine = one.fd > 2 && (is_engine_inode(one.link) || has_both_ends(all, one));
  std::vector<int> inherited;
  for (const Open& one : all) {
    if (!one.engine) inherited.push_back(one.fd);
  }
  return inherited;
}

std::vector<int> without_cloexec() {
  std::vector<int> fds = open_fds();
  fds.erase(std::remove_if(fds.begin(), fds.end(), [](int fd) { return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }),
            fds.end());
  return fds;
}

}  // namespace

void inherited_fds_are_those_kept_by_exec() { kept_by_exec = true; }

std::vector<int> inherited_fds() { return kept_by_exec ? without_cloexec() : without_engine(); }

}  // namespace noci
