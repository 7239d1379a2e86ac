#include "../../kernel/path_in_root.h"
#include "../step.h"

/** A directory inside the root and those above it. mkdirat(2) */
Result step_mkdir(Context& context, Fields& fields) {
  const char* path = fields.text();
  const mode_t mode = static_cast<mode_t>(fields.number());
  Fd directory;
  return context.root.mkdir_all(path, mode, directory);
}
