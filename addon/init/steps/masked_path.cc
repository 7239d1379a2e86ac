#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../../kernel/inode.h"
#include "../../kernel/mount_api.h"
#include "../../kernel/path_in_root.h"
#include "../cover.h"
#include "../step.h"

/**
 * Covers `path` with nothing: an empty directory or a null device, attached on the very inode that was looked at. What does
 * not exist needs no cover; every other error is one. linux.maskedPaths
 */
Result step_masked_path(Context& context, Fields& fields) {
  const char* path = fields.text();
  Fd target;
  const Result found = kernel::open_in_root(context.root.get(), path, O_PATH, 0, target);
  if (found.error == ENOENT) return ok();
  NOCI_TRY(found);
  kernel::Inode inode;
  if (!kernel::inode_of(target.get(), inode)) return failed("statx", errno, path);
  Fd cover;
  if (S_ISDIR(inode.mode)) {
    NOCI_TRY(cover_directory(context, path, cover));
  } else {
    NOCI_TRY(cover_file(context, path, cover));
  }
  if (kernel::attach(cover.get(), target.get()) != 0) return failed("move_mount", errno, path);
  return ok();
}
