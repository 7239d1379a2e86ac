#include <unistd.h>

#include "../messages.h"
#include "../step.h"

/** Asks the runtime for something that only it can do. When it says no, or is gone, nobody waits for this init any more. */
Result step_request(Context& context, Fields& fields) {
  message_request(context, fields.text());
  if (!message_reply(context)) _exit(1);
  return ok();
}
