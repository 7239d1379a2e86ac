#ifndef NOCI_INIT_OWN_TREE_H
#define NOCI_INIT_OWN_TREE_H

#include "../kernel/fd.h"
#include "../kernel/result.h"
#include "context.h"

/**
 * A runtime without privileges cannot clone a mount: it sends an O_PATH fd of the source instead of a detached tree, and the
 * `origin`, which the kernel calls it by, no symlink in it. This puts a clone of what init's own mount namespace has there in its
 * place, when that is the same inode. With an empty `origin` the tree is detached already. open_tree(2), mount_namespaces(7)
 */
Result own_tree(Context& context, Fd& tree, const char* origin, bool recursive);

/**
 * A tree of the root filesystem was cloned in the host's mount namespace, where "/" is usually shared: its mounts are peers of
 * the host's, and what is mounted in them would appear there. The root itself becomes private, as the parent it may be attached
 * to; mounts below it still receive what the host mounts, as those that a namespace copied do.
 */
Result part_from_host(int tree, const char* path);

#endif
