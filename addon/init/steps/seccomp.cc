#include "../filter.h"
#include "../step.h"

/**
 * linux.seccomp. Now, or when it is `late` right before the execve, so that init itself needs nothing of it but that one call: the
 * program stays readable, since it stands behind what init keeps of the plan.
 */
Result step_seccomp(Context& context, Fields& fields) {
  Filter filter;
  filter.program = fields.data(filter.size);
  filter.flags = static_cast<unsigned>(fields.number());
  filter.step = context.step;
  if (!fields.flag()) return filter_load(context, filter);
  context.filter = filter;
  return ok();
}
