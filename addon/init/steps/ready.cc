#include <sys/prctl.h>
#include <unistd.h>

#include "../messages.h"
#include "../step.h"

/**
 * Everything but the execve is done. Once the runtime has answered, it has recorded this process and may go; until then
 * init must not outlive it. The socket stays: its end tells a runtime that waits that the execve happened. prctl(2)
 */
Result step_ready(Context& context, Fields&) {
  message_ready(context);
  if (!message_reply(context)) _exit(1);
  prctl(PR_SET_PDEATHSIG, 0);
  context.handshakeDone = true;
  return ok();
}
