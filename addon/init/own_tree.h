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

#endif
