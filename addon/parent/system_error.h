#ifndef NOCI_PARENT_SYSTEM_ERROR_H
#define NOCI_PARENT_SYSTEM_ERROR_H

#include <cerrno>
#include <string>
#include <utility>

namespace noci {

/** What a native function throws; binding/throw.cc makes the NativeError of contract.ts of it. */
struct SystemError {
  std::string syscall;
  int error;
  std::string path;
  /** replaces the errno's words where those alone would say too little */
  std::string text;
};

/** The last call set errno. */
[[noreturn]] inline void fail(const char* syscall, std::string path = {}) {
  throw SystemError{syscall, errno, std::move(path), {}};
}

[[noreturn]] inline void fail_with(const char* syscall, int error, std::string path = {}) {
  throw SystemError{syscall, error, std::move(path), {}};
}

/** The caller's mistake: EINVAL with a text that says what is wrong. */
[[noreturn]] inline void refuse(std::string syscall, std::string text) {
  throw SystemError{std::move(syscall), EINVAL, {}, std::move(text)};
}

}  // namespace noci

#endif
