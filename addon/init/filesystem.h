#ifndef NOCI_INIT_FILESYSTEM_H
#define NOCI_INIT_FILESYSTEM_H

#include "../kernel/fd.h"
#include "../kernel/result.h"
#include "context.h"

/** Bytes of a parameter's value that fsconfig(2) takes; a longer one is EINVAL without a word. strndup_user in fs/fsopen.c */
constexpr unsigned long kLongestParameter = 255;

/**
 * A filesystem between fsopen(2) and fsmount(2). The kernel says why it refuses a parameter in a log of its own; that
 * sentence becomes part of the failure's subject. `target` is for errors only.
 */
class Filesystem {
 public:
  Filesystem(Context& context, const char* target) : context_(context), target_(target) {}

  /** ENODEV is an unknown filesystem. */
  Result open(const char* type);
  /** What is mounted where `mount` is the root, to be configured anew. fspick(2) */
  Result pick(int mount);
  /** One parameter, "name=value" or "name". */
  Result parameter(const char* text);
  Result parameter(const char* name, const char* value);
  /** Makes the superblock, and a mount of it that is attached nowhere with these MOUNT_ATTR_*. */
  Result mount(unsigned attributes, Fd& mount);
  Result reconfigure();

 private:
  Result refusal(const char* syscall, int error);

  Context& context_;
  const char* target_;
  Fd fd_;
};

#endif
