#ifndef NOCI_STANDALONE_NAPI_HANDLES_H
#define NOCI_STANDALONE_NAPI_HANDLES_H

#include <node_api.h>
#include <quickjs.h>

#include <cstddef>
#include <cstdint>

namespace noci::standalone {

/** Whether JS_DupValue and JS_FreeValue have anything to do; both are calls into the engine. */
inline bool is_counted(JSValueConst value) {
  return static_cast<unsigned>(JS_VALUE_GET_TAG(value)) >= static_cast<unsigned>(JS_TAG_FIRST);
}

/**
 * The values that the addon holds. A napi_value is the index of a slot, which stays the same when the slots move; each
 * slot owns its value. A scope is the height to return to.
 */
class Handles {
 public:
  /** Slots that are always there. A napi_value is never 0, which is the addon's null pointer and reads as undefined. */
  enum Constant : size_t { kNone, kUndefined, kNull, kFalse, kTrue, kGlobal, kConstants };

  void open(JSContext* context);
  void close();

  static napi_value handle(size_t index) { return reinterpret_cast<napi_value>(index); }

  JSValueConst operator[](napi_value value) const { return slots_[reinterpret_cast<size_t>(value)]; }
  JSValue& slot(size_t index) { return slots_[index]; }
  JSValue dup(napi_value value) const {
    const JSValueConst held = (*this)[value];
    return is_counted(held) ? JS_DupValue(context_, held) : held;
  }

  /** Takes the value over. Null: no memory; the value is gone. */
  napi_value push(JSValue value) {
    if (height_ == capacity_ && !grow()) {
      JS_FreeValue(context_, value);
      return nullptr;
    }
    slots_[height_] = value;
    return handle(height_++);
  }

  size_t height() const { return height_; }
  void drop_to(size_t height) {
    while (height_ > height) {
      const JSValue value = slots_[--height_];
      if (is_counted(value)) JS_FreeValue(context_, value);
    }
  }

 private:
  /** Enough for every call but the reading of large lists and documents; pages that are not touched cost nothing. */
  static constexpr size_t kInline = 1024;

  bool grow();

  JSContext* context_;
  JSValue* slots_;
  size_t height_;
  size_t capacity_;
  JSValue inline_[kInline];
};

}  // namespace noci::standalone

#endif
