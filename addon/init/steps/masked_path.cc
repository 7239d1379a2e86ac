#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../../kernel/inode.h"
#include "../../kernel/weakened.h"
#include "../cover.h"
#include "../step.h"

/**
 * Covers `path` with nothing: an empty directory or a null device, attached on the very inode that was looked at. What does
 * not exist needs no cover; every other error is one. linux.maskedPaths
 */
Result step_masked_path(Context& context, Fields& fields) {
  const char* path = fields.text();
  if (WEAKENED("S55")) return ok();
  Fd target;
  const Result found = context.root.open(path, O_PATH, 0, target);
  if (found.error == ENOENT) return ok();
  NOCI_TRY(found);
  kernel::Inode inode;
  if (!kernel::inode_of(target.get(), inode)) return failed("statx", errno, path);
  const Result covered =
      S_ISDIR(inode.mode) ? cover_directory(context, target.get(), path) : cover_file(context, target.get(), path);
  return WEAKENED("S76") ? ok() : covered;
}
