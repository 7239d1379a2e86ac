#include <errno.h>
#include <sys/personality.h>

#include "../step.h"

/**
 * linux.personality: the execution domain. personality(2)
 *
 * The whole value is replaced, so flags of the caller such as ADDR_NO_RANDOMIZE do not stay.
 */
Result step_personality(Context&, Fields& fields) {
  if (personality(static_cast<unsigned long>(fields.integer())) < 0) return failed("personality", errno);
  return ok();
}
