#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "../step.h"

/** Brings `lo` of the new network namespace up; the kernel gives it 127.0.0.1 and ::1 by itself. netdevice(7) */
Result step_loopback_up(Context&, Fields&) {
  // Any family serves for device requests; AF_UNIX is there even in a kernel without IPv4.
  const Fd device(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!device.open()) return failed("socket", errno);

  struct ifreq request = {};
  strcpy(request.ifr_name, "lo");
  if (ioctl(device.get(), SIOCGIFFLAGS, &request) != 0) return failed("ioctl(SIOCGIFFLAGS)", errno, "lo");
  request.ifr_flags |= IFF_UP;
  if (ioctl(device.get(), SIOCSIFFLAGS, &request) != 0) return failed("ioctl(SIOCSIFFLAGS)", errno, "lo");
  return ok();
}
