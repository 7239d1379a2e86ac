#include <sys/stat.h>

#include "../step.h"

/** process.user.umask, or 0022. umask(2) cannot fail. */
Result step_umask(Context&, Fields& fields) {
  umask(static_cast<mode_t>(fields.integer()) & 0777);
  return ok();
}
