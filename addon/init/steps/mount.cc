#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "../../kernel/inode.h"
#include "../../kernel/mount_api.h"
#include "../classic_mount.h"
#include "../copy_up.h"
#include "../filesystem.h"
#include "../mount_target.h"
#include "../step.h"

namespace {

/** The step's fields by name. */
struct Mount {
  explicit Mount(Fields& fields)
      : type(fields.text()),
        source(fields.text()),
        target(fields.text()),
        parameters(fields.texts()),
        attributes(fields.number()),
        recursiveSet(fields.number()),
        recursiveClear(fields.number()),
        propagation(fields.integers()),
        strict(fields.flag()),
        copyUp(fields.flag()),
        keepMode(fields.flag()) {}

  const char* type;
  const char* source;
  const char* target;
  Texts parameters;
  uint64_t attributes;
  uint64_t recursiveSet;
  uint64_t recursiveClear;
  Integers propagation;
  bool strict;
  bool copyUp;
  bool keepMode;
};

bool has_parameter(const Mount& mount, const char* name) {
  const size_t length = strlen(name);
  for (const char* parameter : mount.parameters) {
    if (strncmp(parameter, name, length) == 0 && (parameter[length] == '=' || parameter[length] == '\0')) return true;
  }
  return false;
}

/** Is `target` there before it is made? Decides about a mode only: what is mounted on is resolved again, to an fd. */
bool exists(Context& context, const char* target) {
  Fd found;
  return context.root.open(target, O_PATH, 0, found).fine();
}

/** The mode of what the tmpfs will cover, in octal. */
Result keep_mode(Context& context, Filesystem& filesystem, int target, const char* path) {
  kernel::Inode inode;
  if (!kernel::inode_of(target, inode)) return failed("statx", errno, path);
  char octal[8] = {};
  for (unsigned i = 0; i < 4; i++) octal[i] = static_cast<char>('0' + (inode.mode >> (3 * (3 - i)) & 7));
  return filesystem.parameter("mode", context.scratch.copy(octal));
}

Result configure(Context& context, Filesystem& filesystem, const Mount& mount, bool keepMode, int target) {
  NOCI_TRY(filesystem.open(mount.type));
  if (mount.source[0] != '\0') NOCI_TRY(filesystem.parameter("source", mount.source));
  if (keepMode) NOCI_TRY(keep_mode(context, filesystem, target, mount.target));
  for (const char* parameter : mount.parameters) NOCI_TRY(filesystem.parameter(parameter));
  return ok();
}

/** fsopen(2) to fsmount(2) */
Result make_here(Context& context, const Mount& mount, bool keepMode, int target, Fd& made) {
  Filesystem filesystem(context, mount.target);
  NOCI_TRY(configure(context, filesystem, mount, keepMode, target));
  return filesystem.mount(static_cast<unsigned>(mount.attributes), made);
}

/** mount(2), for parameters that fsconfig(2) cannot take; the working directory is as before. */
Result make_classic(Context& context, const Mount& mount, int target, Fd& made) {
  const Fd before(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!before.open()) return failed("open", errno, ".");
  const Result result = classic_mount(context, mount.type, mount.source, mount.parameters, target, mount.target, made);
  if (fchdir(before.get()) != 0) return failed("fchdir", errno, ".");
  NOCI_TRY(result);
  if (kernel::mount_setattr(made.get(), 0, mount.attributes, MOUNT_ATTR__ATIME, 0) == 0) return ok();
  return failed("mount_setattr", errno, mount.target);
}

/** A source may be a block device of the host, and a parameter a directory of it. */
bool names_paths(const Mount& mount) {
  if (strchr(mount.source, '/') != nullptr) return true;
  for (const char* parameter : mount.parameters) {
    if (strchr(parameter, '/') != nullptr) return true;
  }
  return false;
}

Result make(Context& context, const Mount& mount, bool keepMode, int target, Fd& made) {
  if (!names_paths(mount)) return make_here(context, mount, keepMode, target, made);
  const HostView host(context);
  if (needs_classic_mount(mount.parameters)) return make_classic(context, mount, target, made);
  return make_here(context, mount, keepMode, target, made);
}

Result set_attributes(const Mount& mount, int made) {
  if (mount.recursiveSet == 0 && mount.recursiveClear == 0) return ok();
  if (kernel::mount_setattr(made, AT_RECURSIVE, mount.recursiveSet, mount.recursiveClear, 0) == 0) return ok();
  return failed("mount_setattr", errno, mount.target);
}

}  // namespace

/** A new filesystem, complete with attributes and content before it can be seen at its target. fsopen(2), move_mount(2) */
Result step_mount(Context& context, Fields& fields) {
  const Mount mount(fields);
  MountKind kind;
  kind.strict = mount.strict;
  kind.procfs = strcmp(mount.type, "proc") == 0;
  kind.type = mount.type;
  // A directory that noci itself makes says nothing of what the tmpfs should look like.
  const bool keepMode = mount.keepMode && !has_parameter(mount, "mode") && exists(context, mount.target);
  Fd target;
  NOCI_TRY(mount_target(context, mount.target, kind, target));
  Fd made;
  NOCI_TRY(make(context, mount, keepMode, target.get(), made));
  NOCI_TRY(set_attributes(mount, made.get()));
  if (mount.copyUp) NOCI_TRY(copy_up(target.get(), made.get(), mount.target));
  context_own(context, made.get());
  return mount_attach(made.get(), target.get(), mount.propagation, mount.target);
}
