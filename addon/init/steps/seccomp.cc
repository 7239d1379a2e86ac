#include "../../kernel/weakened.h"
#include "../filter.h"
#include "../step.h"

/**
 * linux.seccomp. Now (`late` 0); right before the execve (1), so that init itself needs nothing of it but that one call; or with
 * the credentials (2), for who may not load it after them. The program stays readable, since it stands behind what init keeps of
 * the plan.
 */
Result step_seccomp(Context& context, Fields& fields) {
  Filter filter;
  filter.program = fields.data(filter.size);
  filter.flags = static_cast<unsigned>(fields.number());
  filter.step = context.step;
  const long long late = fields.integer();
  if (late == 0 || WEAKENED("S37")) return filter_load(context, filter);
  filter.early = late == 2;
  context.filter = filter;
  return ok();
}
