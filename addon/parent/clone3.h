#ifndef NOCI_PARENT_CLONE3_H
#define NOCI_PARENT_CLONE3_H

#include <cstdint>

namespace noci {

/** clone_args of clone3(2) up to Linux 5.7; the kernel's header is not on the path of every C library. */
struct CloneArguments {
  uint64_t flags;
  uint64_t pidfd;
  uint64_t child_tid;
  uint64_t parent_tid;
  uint64_t exit_signal;
  uint64_t stack;
  uint64_t stack_size;
  uint64_t tls;
  uint64_t set_tid;
  uint64_t set_tid_size;
  uint64_t cgroup;
};

/** Linux 5.7; needs clone3(2) */
constexpr uint64_t kCloneIntoCgroup = 0x200000000;

/**
 * clone3(2) with a stack of the child's own (args.stack, args.stack_size), on which it runs `body(argument)`, which
 * must not return. In C this cannot be done around syscall(2): the child would come back on the new stack into a frame
 * that is on the old one.
 * @return the pid, or -errno
 */
long clone3_onto_stack(const CloneArguments& args, void (*body)(void*), void* argument);

}  // namespace noci

#endif
