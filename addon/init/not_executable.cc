#include "not_executable.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../kernel/fd.h"
#include "quoted.h"

#ifndef SYS_faccessat2
#define SYS_faccessat2 439  // Linux 5.8
#endif

namespace {

/** BINPRM_BUF_SIZE of the kernel: what it reads of a script for its first line. */
constexpr size_t kFirstLine = 256;

bool may_execute(const char* path) { return syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) == 0; }

/** "0644" */
const char* octal(Arena& arena, mode_t mode) {
  char digits[] = "0000";
  for (int i = 3; i >= 0; i--, mode >>= 3) digits[i] = static_cast<char>('0' + (mode & 7));
  return arena.copy(digits);
}

const char* uid_text(Arena& arena) { return arena.join("uid ", arena.decimal(geteuid())); }

/** The outermost directory above `path` that the process may not pass; nullptr when there is none. */
const char* closed_directory(Arena& arena, const char* path) {
  char* const prefix = const_cast<char*>(arena.copy(path));
  for (char* slash = strchr(prefix + 1, '/'); slash != nullptr; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (!may_execute(prefix) && errno == EACCES) return prefix;
    *slash = '/';
  }
  return nullptr;
}

const char* forbidden_cause(Arena& arena, const char* path) {
  struct stat status = {};
  if (const char* const directory = closed_directory(arena, path); directory != nullptr) {
    const char* const mode = stat(directory, &status) == 0 ? arena.join(" has mode ", octal(arena, status.st_mode & 07777), " and") : "";
    return arena.join("; the directory ", quoted(arena, directory), mode, " lets ", uid_text(arena),
                      " not pass: chmod a+x it in the root filesystem, or change /process/user");
  }
  if (stat(path, &status) != 0) return "";
  if (!S_ISREG(status.st_mode)) return "; it is no regular file";
  struct statvfs mount = {};
  if (statvfs(path, &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0) {
    return "; it is on a mount with the option noexec: take that from the options of its entry in /mounts";
  }
  if (may_execute(path)) return "";
  return arena.join("; its mode ", octal(arena, status.st_mode & 07777), " lets ", uid_text(arena),
                    " not execute it: chmod a+x it in the root filesystem");
}

/** The beginning of a file; `size` 0 when it cannot be read. */
struct Beginning {
  Fd file;
  char bytes[kFirstLine + 1] = {};
  size_t size = 0;

  explicit Beginning(const char* path) : file(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    const ssize_t length = file.get() < 0 ? 0 : pread(file.get(), bytes, kFirstLine, 0);
    size = length > 0 ? static_cast<size_t>(length) : 0;
  }
  bool is_script() const { return size > 2 && bytes[0] == '#' && bytes[1] == '!'; }
  bool is_elf() const { return size >= sizeof(Elf64_Ehdr) && memcmp(bytes, ELFMAG, SELFMAG) == 0; }
};

/** The first word behind "#!", with a carriage return at its end if there is one. */
const char* interpreter_of(Arena& arena, const Beginning& script) {
  const char* const start = script.bytes + 2 + strspn(script.bytes + 2, " \t");
  char* const word = const_cast<char*>(arena.copy(start));
  word[strcspn(word, " \t\n")] = '\0';
  return word;
}

const char* script_cause(Arena& arena, const Beginning& script) {
  const char* const interpreter = interpreter_of(arena, script);
  const size_t length = strlen(interpreter);
  if (length > 0 && interpreter[length - 1] == '\r') {
    return "; its first line ends with a carriage return, as Windows writes lines: convert it by sed -i 's/\\r$//'";
  }
  if (access(interpreter, F_OK) != 0) {
    return arena.join("; its interpreter ", quoted(arena, interpreter),
                      " is missing: put that into the root filesystem, or name another one in the first line");
  }
  const char* const cause = may_execute(interpreter) ? "" : forbidden_cause(arena, interpreter);
  return arena.join("; its interpreter ", quoted(arena, interpreter), " cannot be executed", cause);
}

/** The loader that a program of this word size names; nullptr for none. */
const char* loader_of(Arena& arena, const Beginning& elf) {
  Elf64_Ehdr header;
  memcpy(&header, elf.bytes, sizeof header);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr)) return nullptr;
  for (unsigned i = 0; i < header.e_phnum; i++) {
    Elf64_Phdr part;
    const off_t place = static_cast<off_t>(header.e_phoff + i * sizeof part);
    if (pread(elf.file.get(), &part, sizeof part, place) != sizeof part) return nullptr;
    if (part.p_type != PT_INTERP || part.p_filesz == 0 || part.p_filesz > PATH_MAX) continue;
    char* const loader = static_cast<char*>(arena.take(part.p_filesz + 1));
    const ssize_t length = pread(elf.file.get(), loader, part.p_filesz, static_cast<off_t>(part.p_offset));
    return length == static_cast<ssize_t>(part.p_filesz) ? loader : nullptr;
  }
  return nullptr;
}

const char* missing_cause(Arena& arena, const char* path) {
  const Beginning file(path);
  if (file.is_script()) return script_cause(arena, file);
  const char* const loader = file.is_elf() ? loader_of(arena, file) : nullptr;
  if (loader == nullptr || access(loader, F_OK) == 0) return "";
  return arena.join("; its loader ", quoted(arena, loader),
                    " is missing: put that and its libraries, which ldd lists, into the root filesystem, or link it statically");
}

/** e_machine of what runs here, which is init itself. */
bool is_foreign(const Beginning& elf) {
  const Beginning self("/proc/self/exe");
  Elf64_Ehdr own;
  Elf64_Ehdr other;
  memcpy(&own, self.bytes, sizeof own);
  memcpy(&other, elf.bytes, sizeof other);
  return self.is_elf() && (own.e_machine != other.e_machine || own.e_ident[EI_DATA] != other.e_ident[EI_DATA]);
}

const char* format_cause(Arena& arena, const char* path) {
  const Beginning file(path);
  utsname system = {};
  if (file.is_elf() && is_foreign(file) && uname(&system) == 0) {
    return arena.join("; it is made for another kind of processor: take one for ", system.machine);
  }
  if (file.is_elf() || file.is_script()) return "";
  if (file.size == 0) return "; it is empty, or cannot be read";
  return "; it is no program, and its first line names no interpreter: begin it with #!/bin/sh";
}

}  // namespace

const char* not_executable_cause(Arena& arena, const char* path, int error) {
  switch (error) {
    case EACCES:
      return forbidden_cause(arena, path);
    case ENOENT:
      return missing_cause(arena, path);
    case ENOEXEC:
      return format_cause(arena, path);
    default:
      return "";
  }
}
