#include "path_in_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inode.h"
#include "openat2.h"

namespace kernel {

namespace {

/** With ".." on the way, any rename or mount on the machine can make openat2(2) answer EAGAIN: it is asked again. */
constexpr int kAttempts = 128;
/** What the kernel allows too: path_resolution(7). */
constexpr int kMaximumLinks = 40;
constexpr size_t kNameSize = NAME_MAX + 1;
/** The path and what links put in front of it. */
constexpr size_t kRemainingSize = 2 * PATH_MAX;

int open_again(int root, const char* path, int flags, uint64_t resolve) {
  int fd = -1;
  for (int attempt = 0; attempt < kAttempts; attempt++) {
    fd = openat2(root, path, static_cast<uint64_t>(flags), 0, resolve);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

/** One name in a directory; never a path, never a link. */
int open_name(int directory, const char* name, int flags) {
  return openat2(directory, name, static_cast<uint64_t>(flags | O_NOFOLLOW), 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

/** The creation mask of the runtime's caller must not change what is made in the container. umask(2) */
class NoMask {
 public:
  NoMask() : saved_(umask(0)) {}
  ~NoMask() { umask(saved_); }
  NoMask(const NoMask&) = delete;
  NoMask& operator=(const NoMask&) = delete;

 private:
  mode_t saved_;
};

/**
 * The slow way, one component after another, for paths of which something is missing. `resolved_` is where we are in real
 * directories (so that ".." is a matter of text and stays inside the root), `current_` the same as an fd.
 */
class Maker {
 public:
  Maker(int root, Missing missing, mode_t mode, bool links) : root_(root), missing_(missing), mode_(mode), links_(links) {}

  /** 0 or an errno; the fd of the whole path in `file`. */
  int make(const char* path, Fd& file) {
    if (strlen(path) >= PATH_MAX) return ENAMETOOLONG;
    strcpy(remaining_, path);
    if (int error = enter_root(); error != 0) return error;
    char name[kNameSize];
    while (true) {
      const int error = next_name(name);
      if (error != 0) return error;
      if (name[0] == '\0') break;
      if (int step = walk(name); step != 0) return step;
    }
    file = static_cast<Fd&&>(current_);
    return 0;
  }

 private:
  bool last() const { return remaining_[strspn(remaining_, "/")] == '\0'; }

  int enter_root() {
    resolved_[0] = '\0';
    current_ = Fd(openat2(root_, ".", O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT));
    return current_.open() ? 0 : errno;
  }

  /** Takes the first component off what remains; "" at the end. */
  int next_name(char* name) {
    const size_t start = strspn(remaining_, "/");
    const size_t length = strcspn(remaining_ + start, "/");
    if (length >= kNameSize) return ENAMETOOLONG;
    memcpy(name, remaining_ + start, length);
    name[length] = '\0';
    memmove(remaining_, remaining_ + start + length, strlen(remaining_ + start + length) + 1);
    return 0;
  }

  int walk(const char* name) {
    if (strcmp(name, ".") == 0) return 0;
    if (strcmp(name, "..") == 0) return leave();
    for (int attempt = 0; attempt < kAttempts; attempt++) {
      Fd next(open_name(current_.get(), name, O_PATH));
      if (next.open()) return enter(static_cast<Fd&&>(next), name);
      if (errno != ENOENT) return errno;
      const int error = create(name);
      // EEXIST: somebody else made it just now; it is looked at again as anything that was there before.
      if (error != EEXIST) return error;
    }
    return EAGAIN;
  }

  int enter(Fd next, const char* name) {
    Inode inode;
    if (!inode_of(next.get(), inode)) return errno;
    if (S_ISLNK(inode.mode)) return follow(next.get());
    if (!S_ISDIR(inode.mode) && !last()) return ENOTDIR;
    return advance(static_cast<Fd&&>(next), name);
  }

  int advance(Fd next, const char* name) {
    const size_t length = strlen(resolved_);
    if (length + 1 + strlen(name) >= sizeof resolved_) return ENAMETOOLONG;
    resolved_[length] = '/';
    strcpy(resolved_ + length + 1, name);
    current_ = static_cast<Fd&&>(next);
    return 0;
  }

  /** ".." of what is resolved. What was just made is not left again: a race or a trap asks for that (CVE-2024-45310). */
  int leave() {
    if (made_) return ENOENT;
    char* slash = strrchr(resolved_, '/');
    if (slash == nullptr) return 0;
    *slash = '\0';
    if (resolved_[0] == '\0') return enter_root();
    current_ = Fd(open_again(root_, resolved_, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS));
    return current_.open() ? 0 : errno;
  }

  /** Puts the link's text in front of what remains. */
  int follow(int link) {
    if (!links_ || ++followed_ > kMaximumLinks) return ELOOP;
    char target[PATH_MAX];
    const ssize_t length = readlinkat(link, "", target, sizeof target);
    if (length <= 0) return length < 0 ? errno : ENOENT;
    const size_t left = strlen(remaining_);
    if (static_cast<size_t>(length) + 1 + left >= sizeof remaining_) return ENAMETOOLONG;
    memmove(remaining_ + length + 1, remaining_, left + 1);
    memcpy(remaining_, target, static_cast<size_t>(length));
    remaining_[length] = '/';
    if (left == 0) remaining_[length] = '\0';
    return target[0] == '/' ? enter_root() : 0;
  }

  int create(const char* name) {
    const NoMask no_mask;
    const bool directory = !last() || missing_ == Missing::kDirectory;
    const int error = directory ? create_directory(name) : create_file(name);
    if (error == 0) made_ = true;
    return error;
  }

  int create_directory(const char* name) {
    if (mkdirat(current_.get(), name, mode_) != 0) return errno;
    Fd made(open_name(current_.get(), name, O_PATH | O_DIRECTORY));
    return made.open() ? advance(static_cast<Fd&&>(made), name) : errno;
  }

  int create_file(const char* name) {
    // O_EXCL does not follow a link either: nothing outside comes into being (CVE-2026-88264).
    Fd made(openat(current_.get(), name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    return made.open() ? advance(static_cast<Fd&&>(made), name) : errno;
  }

  int root_;
  Missing missing_;
  mode_t mode_;
  bool links_;
  bool made_ = false;
  int followed_ = 0;
  Fd current_;
  char resolved_[PATH_MAX] = {};
  char remaining_[kRemainingSize] = {};
};

/** Where the last component starts, and how long it is without slashes behind it. */
size_t last_component(const char* path, size_t& length) {
  size_t end = strlen(path);
  while (end > 0 && path[end - 1] == '/') end--;
  size_t start = end;
  while (start > 0 && path[start - 1] != '/') start--;
  length = end - start;
  return start;
}

bool is_name(const char* name) { return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0; }

}  // namespace

Result open_in_root(int root, const char* path, int flags, uint64_t resolve, Fd& file) {
  file = Fd(open_again(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve));
  return file.open() ? ok() : failed("openat2", errno, path);
}

Result open_or_make_in_root(int root, const char* path, Missing missing, mode_t mode, uint64_t resolve, Fd& file) {
  const Result found = open_in_root(root, path, O_PATH, resolve, file);
  if (found.fine() || found.error != ENOENT) return found;
  Maker maker(root, missing, mode, resolve != kNoLinks);
  const int error = maker.make(path, file);
  return error == 0 ? ok() : failed(missing == Missing::kDirectory ? "mkdir" : "open", error, path);
}

Result mkdir_all_in_root(int root, const char* path, mode_t mode, Fd& directory) {
  NOCI_TRY(open_or_make_in_root(root, path, Missing::kDirectory, mode, 0, directory));
  Inode inode;
  if (!inode_of(directory.get(), inode)) return failed("statx", errno, path);
  return S_ISDIR(inode.mode) ? ok() : failed("mkdir", ENOTDIR, path);
}

Result place_in_root(int root, const char* path, Place& place) {
  size_t length = 0;
  const size_t start = last_component(path, length);
  if (length >= kNameSize || start >= PATH_MAX) return failed("openat2", ENAMETOOLONG, path);
  memcpy(place.name, path + start, length);
  place.name[length] = '\0';
  if (!is_name(place.name)) return failed("openat2", EINVAL, path);
  char parent[PATH_MAX + 1] = ".";
  if (start > 0) {
    memcpy(parent, path, start);
    parent[start] = '\0';
  }
  Result result = mkdir_all_in_root(root, parent, 0755, place.directory);
  // The buffer ends here; the error is about the path anyway.
  if (!result.fine()) result.path = path;
  return result;
}

}  // namespace kernel
