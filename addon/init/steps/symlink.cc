#include <errno.h>
#include <fcntl.h>

#include "../../kernel/path_in_root.h"
#include "../step.h"

/**
 * A link at `path`, made with one name in a directory that was resolved inside the root: an image with /dev as a link gets
 * its links where that leads inside itself, not in the host's /dev (CVE-2026-41579). symlinkat(2)
 */
Result step_symlink(Context& context, Fields& fields) {
  const char* target = fields.text();
  const char* path = fields.text();
  const bool replace = fields.flag();
  kernel::Place place;
  NOCI_TRY(context.root.place(path, place));
  const int directory = place.directory;
  if (replace && unlinkat(directory, place.name, 0) != 0 && errno != ENOENT) return failed("unlinkat", errno, path);
  if (symlinkat(target, directory, place.name) == 0) return ok();
  if (errno == EEXIST && !replace) return ok();
  return failed("symlinkat", errno, path);
}
