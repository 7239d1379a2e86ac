#include "errno_words.h"

#include <errno.h>

const char* errno_words(Arena& arena, int error) {
  switch (error) {
#define ERRNO(name, words) \
  case name:               \
    return words;
#include "../kernel/errno.def"
#undef ERRNO
  }
  return arena.join("errno ", arena.decimal(error));
}
