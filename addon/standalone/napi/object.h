#ifndef NOCI_STANDALONE_NAPI_OBJECT_H
#define NOCI_STANDALONE_NAPI_OBJECT_H

#include "call.h"

namespace noci::standalone {

/**
 * What a property is read from or written to: the object itself, or that of a primitive value. undefined and null have
 * none: the exception of the engine is pending then, and the status tells that an object was expected, as in Node.js.
 */
class Object {
 public:
  Object(napi_env env, napi_value value) : env_(env), value_(env->handles[value]), owned_(!JS_IsObject(value_)) {
    if (owned_) value_ = JS_ToObject(env->context, value_);
  }
  ~Object() {
    if (owned_) JS_FreeValue(env_->context, value_);
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  explicit operator bool() const { return !JS_IsException(value_); }
  operator JSValueConst() const { return value_; }
  napi_status refused() const { return caught(env_, napi_object_expected); }

  /** Takes both over. As in sloppy code: a property that cannot be written is no exception. */
  int set(JSValue key, JSValue value) const { return JS_SetPropertyValue(env_->context, value_, key, value, 0); }

 private:
  napi_env env_;
  JSValue value_;
  bool owned_;
};

}  // namespace noci::standalone

#endif
