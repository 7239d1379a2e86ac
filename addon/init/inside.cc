#include "inside.h"

#include <errno.h>
#include <fcntl.h>

#include "../kernel/openat2.h"

namespace {

/** openat2(2) asks to be called again when a rename elsewhere disturbs "..": who renames for ever must not stop us. */
constexpr int kAttempts = 128;

}  // namespace

Fd open_inside(const char* path, int flags, uint64_t resolve) {
  const Fd root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.open()) return Fd();
  resolve |= RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0; attempt < kAttempts; attempt++) {
    Fd file(kernel::openat2(root.get(), path, static_cast<uint64_t>(flags), 0, resolve));
    if (file.open() || errno != EAGAIN) return file;
  }
  return Fd();
}

Fd open_expected_inside(const char* path, int flags, uint64_t resolve, bool (*expected)(int fd)) {
  const Fd seen = open_inside(path, O_PATH, resolve);
  if (!seen.open() || !expected(seen.get())) return Fd();
  Fd file = open_inside(path, flags, resolve);
  return file.open() && expected(file.get()) ? static_cast<Fd&&>(file) : Fd();
}
