#include <errno.h>
#include <string.h>

#include "../../kernel/weakened.h"
#include "../wire.h"
#include "plan.h"

namespace {

/** Walks over untrusted bytes. Once something does not fit, nothing does. */
class Walk {
 public:
  Walk(const uint8_t* at, const uint8_t* end, uint8_t* used, uint32_t fds) : at_(at), end_(end), used_(used), fds_(fds) {}

  bool sound() const { return sound_; }
  bool finished() const { return sound_ && at_ == end_; }
  const uint8_t* position() const { return at_; }

  uint16_t index() {
    uint16_t value = 0;
    bytes(&value, sizeof value);
    return value;
  }

  void field(char type) {
    const bool list = type >= 'A' && type <= 'Z';
    const char item = list ? static_cast<char>(type - 'A' + 'a') : type;
    uint32_t count = 1;
    if (list) bytes(&count, sizeof count);
    // Every item has at least four bytes, so a count that lies ends soon.
    for (uint32_t i = 0; i < count && sound_; i++) one(item);
  }

 private:
  void one(char type) {
    switch (type) {
      case 'i': return skip(sizeof(long long));
      case 't': return text();
      case 'f': return fd();
      case 'd': return data();
      default: sound_ = false;
    }
  }

  void text() {
    uint32_t length = 0;
    bytes(&length, sizeof length);
    if (!sound_ || static_cast<size_t>(end_ - at_) <= length) {
      sound_ = false;
      return;
    }
    // The first NUL is the one behind the text: a NUL inside would cut the text off after it was validated.
    sound_ = memchr(at_, '\0', size_t{length} + 1) == at_ + length;
    at_ += size_t{length} + 1;
  }

  void data() {
    uint32_t length = 0;
    bytes(&length, sizeof length);
    skip(length);
  }

  void fd() {
    uint32_t number = 0;
    bytes(&number, sizeof number);
    if (!sound_ || number >= fds_ || used_[number] != 0) {
      sound_ = false;
      return;
    }
    used_[number] = 1;
  }

  void bytes(void* value, size_t size) {
    if (!sound_ || static_cast<size_t>(end_ - at_) < size) {
      sound_ = false;
      return;
    }
    memcpy(value, at_, size);
    at_ += size;
  }

  void skip(size_t size) {
    if (static_cast<size_t>(end_ - at_) < size) sound_ = false;
    else at_ += size;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  uint8_t* used_;
  uint32_t fds_;
  bool sound_ = true;
};

bool all_used(const uint8_t* used, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (used[i] == 0) return false;
  }
  return true;
}

/** `environment` is the first step whose texts are still needed when init waits for `start`: execve gets them. */
bool keeps_plan(const StepEntry& entry) {
  return entry.run == step_environment || entry.run == step_lookup || entry.run == step_ready ||
         entry.run == step_wait_start;
}

}  // namespace

Result plan_check(Context& context, const Plan& plan) {
  if (WEAKENED("S27")) return ok();
  const uint8_t* end = context.plan + context.planSize;
  uint8_t* used = static_cast<uint8_t*>(context.scratch.take(plan.passed.count));
  Walk walk(plan.steps, end, used, plan.passed.count);
  context.planKept = end;
  for (uint32_t i = 0; i < plan.count; i++) {
    const uint8_t* start = walk.position();
    const uint16_t index = walk.index();
    if (!walk.sound() || index >= kStepCount) return failed("plan", EBADMSG, "step");
    if (keeps_plan(kSteps[index]) && start < context.planKept) context.planKept = start;
    for (const char* type = kSteps[index].types; *type != '\0'; type++) walk.field(*type);
    if (!walk.sound()) {
      context.step = i;
      return failed("plan", EBADMSG, "field");
    }
  }
  if (!walk.finished()) return failed("plan", EBADMSG, "length");
  if (!all_used(used, plan.passed.count)) return failed("plan", EBADMSG, "fd that no step uses");
  return ok();
}
