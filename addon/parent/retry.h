#ifndef NOCI_PARENT_RETRY_H
#define NOCI_PARENT_RETRY_H

#include <cerrno>

namespace noci {

/** Repeats a call that a signal interrupted. Not for close(2): on Linux the fd is gone even after EINTR. */
template <typename Function>
auto retry(Function call) {
  for (;;) {
    auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace noci

#endif
