#include <errno.h>
#include <sys/epoll.h>

#include "../signals.h"
#include "../step.h"

namespace {

/** True with the byte read. A read end without writers gives nothing, with or without O_NONBLOCK. */
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
 * Once a writer came and went without a byte (a `start` that was killed), poll(2) says POLLHUP for ever and a loop around
 * it would burn a CPU. Edge-triggered epoll(7) says so once, and again only when a writer opens, writes or leaves, so it
 * sleeps in between. A byte is never lost: it stays in the pipe after its writer left, because our end keeps the pipe
 * alive, and a write between the read and the next wait is an edge. fifo(7)
 *
 * Our end of the fifo is close-on-exec and stays open until then: `start` learns from its end (POLLERR) that the execve
 * has happened or init is gone.
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
  // Kept open by its number alone: were it closed here, the poststart hooks would run before the startContainer hooks.
  fifo.release();
  return ok();
}
