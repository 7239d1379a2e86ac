#include "sealed_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "file.h"
#include "kernel/weakened.h"
#include "system_error.h"

namespace noci {
namespace {

/** Linux 6.3; without it a memfd is executable or not by the sysctl vm.memfd_noexec */
constexpr unsigned kMemfdExec = 0x10;
/** F_SEAL_EXEC, Linux 6.3: the mode's execute bits cannot change any more */
constexpr int kSealExec = 0x20;
/** No F_SEAL_FUTURE_WRITE: it is broken before Linux 5.5, and F_SEAL_WRITE says more. */
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Fd executable_memfd() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Fd fd(memfd_create("noci-init", kFlags | kMemfdExec));
  if (fd.open() || errno != EINVAL) return fd;
  return Fd(memfd_create("noci-init", kFlags));
}

void seal(int fd) {
  if (fcntl(fd, F_ADD_SEALS, kSeals | kSealExec) != 0 && fcntl(fd, F_ADD_SEALS, kSeals) != 0) fail("fcntl");
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0) fail("fcntl");
  if ((seals & kSeals) != kSeals) refuse("fcntl", "the image of init could not be sealed");
}

/**
 * O_PATH of the same file, by open_tree(2) without OPEN_TREE_CLONE: execve(2) refuses what is open for writing, and such an fd
 * cannot be written through.
 */
Fd reopened(const Fd& file) {
  Fd fd(static_cast<int>(syscall(SYS_open_tree, file.get(), "", O_CLOEXEC | AT_EMPTY_PATH)));
  if (!fd.open()) fail("open_tree");
  return fd;
}

/** False on a mount with noexec. */
bool can_be_executed(int fd) { return faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) == 0; }

/** O_EXCL: linkat(2) cannot give it a name later. open(2) */
Fd unlinked_file(std::string_view image) {
  for (const char* directory : {"/run", "/tmp", "/var/tmp", "/"}) {
    const Fd fd(WEAKENED("S02") ? open("/tmp/noci-weakened", O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0700)
                                : open(directory, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0700));
    if (!fd.open()) continue;
    file_write_all(fd.get(), image);
    struct stat info;
    if (fstat(fd.get(), &info) == 0 && (info.st_nlink == 0 || WEAKENED("S02")) && can_be_executed(fd.get())) return reopened(fd);
  }
  fail_with("memfd_create", EACCES);
}

}  // namespace

Fd sealed_image(std::string_view image) {
  const Fd fd = executable_memfd();
  if (!fd.open()) {
    if (errno == EACCES) return unlinked_file(image);
    fail("memfd_create");
  }
  file_write_all(fd.get(), image);
  if (!WEAKENED("S01")) seal(fd.get());
  return reopened(fd);
}

}  // namespace noci
