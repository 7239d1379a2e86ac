#include <errno.h>
#include <sys/epoll.h>

#include "../signals.h"
#include "../step.h"

namespace {

/** True with the byte read. */
bool byte_arrived(int fifo) {
  char byte;
  return read(fifo, &byte, 1) == 1;
}

Result watch(int fifo, Fd& events) {
  events = Fd(epoll_create1(EPOLL_CLOEXEC));
  if (!events.open()) return failed("epoll_create1", errno, "exec fifo");
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLET;
  if (epoll_ctl(events.get(), EPOLL_CTL_ADD, fifo, &event) != 0) return failed("epoll_ctl", errno, "exec fifo");
  return ok();
}

}  // namespace

/**
 * Waits for one byte from `start`.
 *
 * Others may hold the fifo open to write and go away without a byte: a `start` that was killed, who waits for the end of the
 * container. Edge-triggered epoll(7) sleeps on, whatever they do. A byte is never lost: it stays in the pipe after its writer
 * left, because our end keeps the pipe alive, and a write between the read and the next wait is an edge. fifo(7)
 *
 * Our end of the fifo is close-on-exec and stays open until then: `start` learns from its end (POLLERR) that the execve
 * has happened or init is gone. It can be written to as well, for message_failure.
 */
Result step_wait_start(Context& context, Fields& fields) {
  Fd fifo = fields.fd();
  context.socket.reset();
  context_shrink(context);
  end_on_signals();
  Fd events;
  NOCI_TRY(watch(fifo.get(), events));
  while (!byte_arrived(fifo.get())) {
    epoll_event event;
    if (epoll_wait(events.get(), &event, 1, -1) < 0 && errno != EINTR) return failed("epoll_wait", errno, "exec fifo");
  }
  // Kept open: were it closed here, the poststart hooks would run before the startContainer hooks.
  context.fifo = static_cast<Fd&&>(fifo);
  return ok();
}
