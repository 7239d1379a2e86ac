#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "errno_words.h"
#include "not_executable.h"
#include "quoted.h"

#ifndef SYS_faccessat2
#define SYS_faccessat2 439  // Linux 5.8
#endif

namespace {

/** Why a file cannot be executed. `error` 0: it can. */
struct Verdict {
  int error = 0;
  /** stat(2) failed already: Go's text names the path then */
  bool atStat = false;
};

/**
 * With the effective ids, and mounts with noexec counted: mode bits alone tell neither. Without the call (before Linux 5.8)
 * or with a filter in front of it the mode bits have to do.
 */
int execute_error(const char* path, mode_t mode) {
  if (syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) == 0) return 0;
  if (errno != ENOSYS && errno != EPERM) return errno;
  return (mode & 0111) != 0 ? 0 : EACCES;
}

Verdict judge(const char* path) {
  struct stat status = {};
  if (stat(path, &status) != 0) return {errno, true};
  if (S_ISDIR(status.st_mode)) return {EISDIR, false};
  return {execute_error(path, status.st_mode), false};
}

Result refuse(Arena& arena, const char* name, const char* cause) {
  return refused(arena.join("exec: ", quoted(arena, name), ": ", cause));
}

/** A name with a slash. */
Result take_path(Arena& arena, const char* name, const char*& executable) {
  const Verdict verdict = judge(name);
  const char* const words = errno_words(arena, verdict.error);
  const char* const cause = verdict.error == EACCES ? not_executable_cause(arena, name, EACCES) : "";
  if (verdict.atStat) return refuse(arena, name, arena.join("stat ", name, ": ", words, cause));
  // Docker and podman know a command that cannot be invoked (status 126) by the second half.
  if (verdict.error == EISDIR) return refuse(arena, name, "is a directory: permission denied");
  if (verdict.error != 0) return refuse(arena, name, arena.join(words, cause));
  executable = arena.copy(name);
  return ok();
}

/** The directory that `path` starts with, in `arena`; "." for an empty one. `path` moves behind it, at last to nullptr. */
const char* next_directory(Arena& arena, const char*& path) {
  const size_t length = strcspn(path, ":");
  char* const directory = static_cast<char*>(arena.take(length + 1));
  memcpy(directory, path, length);
  path = path[length] == '\0' ? nullptr : path + length + 1;
  return length == 0 ? "." : directory;
}

}  // namespace

Result lookup_executable(Arena& arena, const char* name, const char* path, const char*& executable) {
  if (strchr(name, '/') != nullptr) return take_path(arena, name, executable);
  if (path != nullptr && path[0] == '\0') path = nullptr;
  while (path != nullptr) {
    const char* const directory = next_directory(arena, path);
    const char* const candidate = arena.join(directory, "/", name);
    if (judge(candidate).error != 0) continue;
    // Go takes no program from the working directory without being told so by a slash.
    if (candidate[0] != '/') return refuse(arena, name, "cannot run executable found relative to current directory");
    executable = candidate;
    return ok();
  }
  return refuse(arena, name, "executable file not found in $PATH");
}
