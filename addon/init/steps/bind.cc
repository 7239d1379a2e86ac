#include <errno.h>
#include <sys/stat.h>

#include "../../kernel/inode.h"
#include "../../kernel/mount_api.h"
#include "../../kernel/procfs.h"
#include "../../kernel/weakened.h"
#include "../mount_target.h"
#include "../own_tree.h"
#include "../step.h"

namespace {

/** The step's fields by name. */
struct Bind {
  explicit Bind(Fields& fields)
      : tree(fields.fd()),
        origin(fields.text()),
        recursive(fields.flag()),
        source(fields.text()),
        target(fields.text()),
        set(fields.number()),
        clear(fields.number()),
        recursiveSet(fields.number()),
        recursiveClear(fields.number()),
        sourcePropagation(fields.number()),
        propagation(fields.integers()) {}

  Fd tree;
  const char* origin;
  bool recursive;
  const char* source;
  const char* target;
  uint64_t set;
  uint64_t clear;
  uint64_t recursiveSet;
  uint64_t recursiveClear;
  uint64_t sourcePropagation;
  Integers propagation;
};

/**
 * The source decides what the target is made as. A procfs may only be bound where it cannot be taken for the container's
 * own by way of a link (CVE-2023-27561).
 */
Result kind_of(const Bind& bind, MountKind& kind) {
  kernel::Inode inode;
  if (!kernel::inode_of(bind.tree.get(), inode)) return failed("statx", errno, bind.source);
  kind.missing = S_ISDIR(inode.mode) ? kernel::Missing::kDirectory : kernel::Missing::kFile;
  const bool root = inode.number == kernel::kProcRootInode;
  kind.procfs = root && kernel::filesystem_of(bind.tree.get()) == kernel::kProcMagic;
  kind.strict = kind.procfs;
  kind.type = "proc";
  return ok();
}

/**
 * EPERM is a flag that a more privileged mount namespace locked and that was to be cleared (mount_namespaces(7)); flags
 * that nobody mentions stay as they are, locked or not.
 */
Result set_attributes(Context& context, const Bind& bind, unsigned flags, uint64_t set, uint64_t clear) {
  // A change of atime has to clear all of its bits first, whatever it is. mount_setattr(2)
  if (((set | clear) & MOUNT_ATTR__ATIME) != 0) clear |= MOUNT_ATTR__ATIME;
  if ((set == 0 && clear == 0) || WEAKENED("S19")) return ok();
  if (kernel::mount_setattr(bind.tree.get(), flags, set, clear, 0) == 0) return ok();
  const bool locked = errno == EPERM && clear != 0;
  const char* subject = locked ? context.scratch.join(bind.target, " (cannot clear locked flags)") : bind.target;
  return failed("mount_setattr", locked ? EPERM : errno, subject);
}

Result prepare(Context& context, const Bind& bind) {
  if (bind.sourcePropagation != 0) NOCI_TRY(mount_propagate(bind.tree.get(), bind.sourcePropagation | MS_REC, bind.target));
  NOCI_TRY(set_attributes(context, bind, 0, bind.set, bind.clear));
  return set_attributes(context, bind, AT_RECURSIVE, bind.recursiveSet, bind.recursiveClear);
}

}  // namespace

/** A part of the host, with its attributes before it can be seen at its target. open_tree(2), move_mount(2) */
Result step_bind(Context& context, Fields& fields) {
  Bind bind(fields);
  NOCI_TRY(own_tree(context, bind.tree, bind.origin, bind.recursive));
  MountKind kind;
  NOCI_TRY(kind_of(bind, kind));
  Fd target;
  NOCI_TRY(mount_target(context, bind.target, kind, target));
  NOCI_TRY(prepare(context, bind));
  return mount_attach(bind.tree.get(), target.get(), bind.propagation, bind.target);
}
