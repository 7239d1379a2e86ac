#ifndef NOCI_PARENT_GO_BETWEEN_H
#define NOCI_PARENT_GO_BETWEEN_H

#include <cstdint>
#include <vector>

#include "child.h"
#include "clone3.h"

namespace noci {

/** All that the go-between needs, and what it has to tell; its memory is the parent's. */
struct GoBetween {
  /** CLONE_NEW*, one for each namespace: what is given for a user namespace has to be one */
  const std::vector<int>& types;
  /** of the child; the parent's parent is its own (CLONE_PARENT) */
  CloneArguments arguments;
  Child& child;

  /** fds of namespaces, the user namespace last; -1 for those that are joined: laid out by the parent */
  std::vector<int> left;
  long pid = 0;
  const char* failed_syscall = nullptr;
  int error = 0;
  /** index into `left` */
  long failed_index = -1;
};

/**
 * A process that joins namespaces, makes the child in them and ends: the way back out of a user namespace is closed, so that the
 * runtime cannot go itself. Some namespaces are joined by the rights that it was born with, others by those that only a user
 * namespace gives; which they are, the kernel alone knows. Raw system calls only, as in child_main(). user_namespaces(7)
 */
void go_between_main(void* between);

}  // namespace noci

#endif
