#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "../../kernel/scm_rights.h"
#include "../messages.h"
#include "../wire.h"
#include "plan.h"

namespace {

constexpr size_t kPlanHead = 2 * sizeof(uint32_t);

Result broken(const char* what) { return failed("recvmsg", EBADMSG, what); }

/** One carrier with `count` fds. They arrive close-on-exec (MSG_CMSG_CLOEXEC). unix(7) */
bool receive_carrier(int socket, int* numbers, uint32_t count) {
  char carrier = 0;
  kernel::FdControl<kFrameFdsPerCarrier> control;
  iovec data = {&carrier, 1};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  kernel::expect_fds(message, control);
  ssize_t got;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  // One too many would stay open in the container, so their number is exact.
  return got == 1 && carrier == kFrameCarrier && kernel::take_fds(message, numbers, count);
}

Result receive_fds(Context& context, PassedFds& passed, uint32_t count) {
  passed.numbers = static_cast<int*>(context.lasting.take(count * sizeof(int)));
  passed.count = count;
  for (uint32_t done = 0; done < count;) {
    const uint32_t left = count - done;
    const uint32_t batch = left < kFrameFdsPerCarrier ? left : kFrameFdsPerCarrier;
    if (!receive_carrier(context.socket.get(), passed.numbers + done, batch)) return broken("fds of the plan");
    done += batch;
  }
  for (uint32_t i = 0; i < count; i++) {
    const unsigned limit = static_cast<unsigned>(passed.numbers[i]) + kMoreFds;
    if (limit > context.fdLimit) context.fdLimit = limit;
  }
  return ok();
}

Result receive_body(Context& context, uint32_t length) {
  // A mapping of its own, so that what is no longer needed can go back to the kernel page by page.
  void* memory = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failed("mmap", errno, "plan");
  context.plan = static_cast<uint8_t*>(memory);
  context.planSize = length;
  if (!read_all(context.socket.get(), memory, length)) return broken("plan");
  return ok();
}

bool is_ours(const FrameHeader& header) { return header.magic == kFrameMagic && header.version == kFrameVersion; }

bool is_plan(const FrameHeader& header) {
  return is_ours(header) && header.kind == kFramePlan && header.length >= kPlanHead && header.length <= kFrameMaximumLength &&
         header.fdCount <= kFrameMaximumFds;
}

bool is_unshare(const FrameHeader& header) {
  return is_ours(header) && header.kind == kFrameUnshare && header.length == sizeof(long long) && header.fdCount == 0;
}

/**
 * Namespaces that this process makes itself while the runtime goes on. How that ended is `made`: it is told when the plan has
 * arrived, since a runtime that is about to send one would find nobody to send it to.
 */
Result receive_unshare(Context& context, Result& made) {
  long long namespaces = 0;
  if (!read_all(context.socket.get(), &namespaces, sizeof namespaces)) return broken("namespaces");
  made = unshare(static_cast<int>(namespaces)) == 0 ? ok() : failed("unshare", errno);
  return ok();
}

}  // namespace

Result plan_receive(Context& context, Plan& plan) {
  FrameHeader header;
  Result namespaces = ok();
  if (!read_all(context.socket.get(), &header, sizeof header)) return broken("header");
  if (is_unshare(header)) {
    NOCI_TRY(receive_unshare(context, namespaces));
    if (!read_all(context.socket.get(), &header, sizeof header)) return broken("header of the plan");
  }
  if (!is_plan(header)) return broken("header of the plan");
  NOCI_TRY(receive_fds(context, plan.passed, header.fdCount));
  NOCI_TRY(receive_body(context, header.length));
  memcpy(&context.preserved, context.plan, sizeof context.preserved);
  memcpy(&plan.count, context.plan + sizeof context.preserved, sizeof plan.count);
  if (context.preserved > kFrameMaximumFds) return broken("preserved fds");
  context.fdLimit += context.preserved;
  plan.steps = context.plan + kPlanHead;
  return namespaces;
}
