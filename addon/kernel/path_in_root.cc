#include "path_in_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inode.h"
#include "openat2.h"
#include "weakened.h"

namespace kernel {

namespace {

/** With ".." on the way, any rename or mount on the machine can make openat2(2) answer EAGAIN: it is asked again. */
constexpr int kAttempts = 128;
/** What the kernel allows too: path_resolution(7). */
constexpr int kMaximumLinks = 40;
constexpr size_t kNameSize = NAME_MAX + 1;
constexpr mode_t kParentMode = 0755;
/** The path and what links put in front of it. */
constexpr size_t kRemainingSize = 2 * PATH_MAX;

int open_again(int root, const char* path, int flags, uint64_t resolve) {
  if (paths_leave_root()) {
    path += strspn(path, "/");
    return openat(root, path[0] == '\0' ? "." : path, flags | O_CLOEXEC);
  }
  int fd = -1;
  for (int attempt = 0; attempt < kAttempts; attempt++) {
    fd = openat2(root, path, static_cast<uint64_t>(flags), 0, resolve);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

/** One name in a directory; never a path, and of a link the link itself. */
int open_name(int directory, const char* name, int flags) {
  if (paths_leave_root()) return openat(directory, name, flags | O_CLOEXEC);
  return openat2(directory, name, static_cast<uint64_t>(flags | O_NOFOLLOW), 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

/**
 * 0, and what was made in `made`; or an errno, EEXIST for whatever is there already. O_EXCL does not follow a link that leads
 * nowhere, nor does mkdirat(2): nothing outside comes into being (CVE-2026-88264).
 */
int make(int parent, const char* name, Missing missing, mode_t mode, Fd& made) {
  if (missing == Missing::kDirectory) {
    if (mkdirat(parent, name, mode) != 0) return errno;
    made = Fd(open_name(parent, name, O_PATH | O_DIRECTORY));
  } else {
    made = Fd(openat(parent, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  }
  return made.open() ? 0 : errno;
}

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
    Fd made;
    const int error = kernel::make(current_.get(), name, last() ? missing_ : Missing::kDirectory, mode_, made);
    if (error != 0) return error;
    made_ = true;
    return advance(static_cast<Fd&&>(made), name);
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

bool is_name(const char* name) { return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0; }

}  // namespace

/** A path as a directory and the last name in it. */
struct Root::Split {
  explicit Split(const char* whole) : path(whole) {
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/') end--;
    length = end;
    while (length > 0 && path[length - 1] != '/') length--;
    fits = end - length < sizeof name && length < sizeof directory;
    if (!fits) return;
    memcpy(directory, path, length);
    directory[length] = '\0';
    memcpy(name, path + length, end - length);
    name[end - length] = '\0';
  }

  bool named() const { return fits && is_name(name); }
  bool in_root() const { return strspn(directory, "/") == length; }

  const char* path;
  /** of the directory, which ends with a slash or is empty */
  size_t length;
  bool fits;
  char directory[PATH_MAX];
  char name[kNameSize];
};

bool Root::take(Fd fd) {
  Inode inode;
  if (!inode_of(fd.get(), inode)) return false;
  forget();
  fd_ = static_cast<Fd&&>(fd);
  inode_ = inode;
  return true;
}

void Root::reset() {
  forget();
  fd_.reset();
}

void Root::forget() { directory_.reset(); }

int Root::keep(const Split& split, Fd directory) {
  directory_ = static_cast<Fd&&>(directory);
  path_ = split.path;
  length_ = split.length;
  return directory_.get();
}

/** The directory if nothing has to be resolved for it, else -1; one that was kept and is not asked for is forgotten. */
int Root::known_parent(const Split& split, uint64_t resolve) {
  // With links forbidden the kept one does not do: it may have been reached through some.
  const bool kept = directory_.open() && resolve == 0 && length_ == split.length;
  if (kept && memcmp(path_, split.path, length_) == 0) return directory_.get();
  forget();
  return split.in_root() ? fd_.get() : -1;
}

/** -1 when there is no such directory. */
int Root::find_parent(const Split& split, uint64_t resolve) {
  Fd directory;
  if (!open(split.directory, O_PATH | O_DIRECTORY, resolve, directory).fine()) return -1;
  return keep(split, static_cast<Fd&&>(directory));
}

Result Root::open(const char* path, int flags, uint64_t resolve, Fd& file) {
  forget();
  file = Fd(open_again(fd_.get(), path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve));
  return file.open() ? ok() : failed("openat2", errno, path);
}

/** Everything but an ordinary name in a known directory is an error that need not be told: the long way comes to it again. */
bool Root::open_or_make_name(const Split& split, Missing missing, mode_t mode, uint64_t resolve, Fd& file) {
  const int parent = split.named() ? known_parent(split, resolve) : -1;
  if (parent < 0) return false;
  // Where one thing was missing others are, too: there it is made without asking first.
  const bool kept = directory_.open();
  if (kept && make(parent, split.name, missing, mode, file) == 0) return true;
  file = Fd(openat2(parent, split.name, O_PATH, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
  return file.open() || (!kept && errno == ENOENT && make(parent, split.name, missing, mode, file) == 0);
}

bool Root::make_name(const Split& split, Missing missing, mode_t mode, uint64_t resolve, Fd& file) {
  const int parent = split.named() ? find_parent(split, resolve) : -1;
  return parent >= 0 && make(parent, split.name, missing, mode, file) == 0;
}

Result Root::open_or_make(const char* path, Missing missing, mode_t mode, uint64_t resolve, Fd& file) {
  const Split split(path);
  if (open_or_make_name(split, missing, mode, resolve, file)) return ok();
  const Result found = open(path, O_PATH, resolve, file);
  if (found.fine() || found.error != ENOENT) return found;
  if (make_name(split, missing, mode, resolve, file)) return ok();
  forget();
  Maker maker(fd_.get(), missing, mode, resolve != kNoLinks);
  const int error = maker.make(path, file);
  return error == 0 ? ok() : failed(missing == Missing::kDirectory ? "mkdir" : "open", error, path);
}

Result Root::mkdir_all(const char* path, mode_t mode, Fd& directory) {
  NOCI_TRY(open_or_make(path, Missing::kDirectory, mode, 0, directory));
  Inode inode;
  if (!inode_of(directory.get(), inode)) return failed("statx", errno, path);
  return S_ISDIR(inode.mode) ? ok() : failed("mkdir", ENOTDIR, path);
}

Result Root::make_parent(const Split& split) {
  Fd directory;
  const Result made = mkdir_all(split.directory, kParentMode, directory);
  // Its own parent is one of a text that ends with this call.
  forget();
  // So does the text of the error, which is about the path anyway.
  if (!made.fine()) return failed(made.syscall, made.error, split.path);
  keep(split, static_cast<Fd&&>(directory));
  return ok();
}

Result Root::place(const char* path, Place& place) {
  const Split split(path);
  if (!split.fits) return failed("openat2", ENAMETOOLONG, path);
  if (!split.named()) return failed("openat2", EINVAL, path);
  strcpy(place.name, split.name);
  if (known_parent(split, 0) < 0 && find_parent(split, 0) < 0) NOCI_TRY(make_parent(split));
  place.directory = directory_.open() ? directory_.get() : fd_.get();
  return ok();
}

}  // namespace kernel
