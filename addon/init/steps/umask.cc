#include "../step.h"

/** process.user.umask, or 0022: of everything that is executed from here on. umask(2) */
Result step_umask(Context& context, Fields& fields) {
  context.umask = static_cast<mode_t>(fields.integer()) & 0777;
  return ok();
}
