#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../messages.h"
#include "../step.h"

/**
 * A socket belongs to the network namespace it was made in, whoever has it: with this one the runtime sets up what it moves here,
 * and enters nothing for it. netlink(7)
 */
Result step_netlink_socket(Context& context, Fields&) {
  const Fd netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!netlink.open()) return failed("socket", errno, "NETLINK_ROUTE");
  message_network(context, netlink.get());
  if (!message_reply(context)) _exit(1);
  return ok();
}
