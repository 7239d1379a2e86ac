#include "handles.h"

#include <cstring>

namespace noci::standalone {

void Handles::open(JSContext* context) {
  context_ = context;
  slots_ = inline_;
  capacity_ = kInline;
  height_ = kConstants;
  slots_[kNone] = JS_UNDEFINED;
  slots_[kUndefined] = JS_UNDEFINED;
  slots_[kNull] = JS_NULL;
  slots_[kFalse] = JS_FALSE;
  slots_[kTrue] = JS_TRUE;
  slots_[kGlobal] = JS_GetGlobalObject(context);
}

void Handles::close() {
  drop_to(0);
  if (slots_ != inline_) js_free(context_, slots_);
  slots_ = inline_;
  capacity_ = kInline;
}

bool Handles::grow() {
  const size_t size = capacity_ * sizeof(JSValue);
  void* const old = slots_ == inline_ ? nullptr : slots_;
  auto* const slots = static_cast<JSValue*>(js_realloc_rt(JS_GetRuntime(context_), old, 2 * size));
  if (slots == nullptr) return false;
  if (slots_ == inline_) memcpy(slots, inline_, size);
  slots_ = slots;
  capacity_ *= 2;
  return true;
}

}  // namespace noci::standalone
