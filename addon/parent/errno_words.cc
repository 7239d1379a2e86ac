#include "errno_words.h"

#include <cerrno>
#include <cstdio>

namespace noci {

const char* errno_words(int error) {
  switch (error) {
#define ERRNO(name, words) \
  case name:               \
    return words;
#include "../kernel/errno.def"
#undef ERRNO
  }
  static thread_local char unknown[24];
  snprintf(unknown, sizeof unknown, "errno %d", error);
  return unknown;
}

const char* errno_name(int error) {
  switch (error) {
#define ERRNO(name, words) \
  case name:               \
    return #name;
#include "../kernel/errno.def"
#undef ERRNO
  }
  return "";
}

}  // namespace noci
