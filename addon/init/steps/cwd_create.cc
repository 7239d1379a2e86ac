#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "../errno_words.h"
#include "../inside.h"
#include "../step.h"

namespace {

Result refuse(Context& context, const char* path, int error) {
  return refused(context.lasting.join("mkdir ", path, ": ", errno_words(context.lasting, error)));
}

/** `path` without its last component, "/" for the first one. */
const char* parent_of(Context& context, const char* path, size_t nameStart) {
  if (nameStart <= 1) return "/";
  char* const parent = const_cast<char*>(context.scratch.copy(path));
  parent[nameStart - 1] = '\0';
  return parent;
}

/** Makes the last component of `path`; those before it exist. */
Result make_last(Context& context, const char* path, size_t nameStart) {
  const Fd existing = open_inside(path, O_PATH | O_DIRECTORY);
  if (existing.open()) return ok();
  if (errno != ENOENT) return refuse(context, path, errno);
  const Fd parent = open_inside(parent_of(context, path, nameStart), O_PATH | O_DIRECTORY);
  if (!parent.open()) return refuse(context, path, errno);
  // EEXIST after ENOENT is a symlink that leads nowhere; nothing is made at its end.
  if (mkdirat(parent.get(), path + nameStart, 0755) != 0) return refuse(context, path, errno);
  return ok();
}

}  // namespace

/**
 * process.cwd is made when it is missing, with its parents: 0755, root's. Errors as Go's MkdirAll words them, which is what
 * callers of runc know ("mkdir /link: file exists").
 */
Result step_cwd_create(Context& context, Fields& fields) {
  char* const path = const_cast<char*>(context.scratch.copy(fields.text()));
  size_t start = strspn(path, "/");
  while (path[start] != '\0') {
    const size_t end = start + strcspn(path + start, "/");
    const char after = path[end];
    path[end] = '\0';
    NOCI_TRY(make_last(context, path, start));
    path[end] = after;
    start = end + strspn(path + end, "/");
  }
  return ok();
}
