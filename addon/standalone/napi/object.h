#ifndef NOCI_STANDALONE_NAPI_OBJECT_H
#define NOCI_STANDALONE_NAPI_OBJECT_H

#include "call.h"

namespace noci::standalone {

/**
 * The end of what a property's accessor or a proxy may have thrown at: the exception is pending, but Node.js 20 says
 * only that it failed.
 */
inline napi_status conclude(napi_env env, int answer) {
  return answer < 0 ? caught(env, napi_generic_failure) : succeed(env);
}

/** The same for a value that was read. */
inline napi_status give_property(napi_env env, napi_value* result, JSValue value) {
  return JS_IsException(value) ? caught(env, napi_generic_failure) : give(env, result, value);
}

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
  napi_status set(JSValue key, JSValue value) const {
    return conclude(env_, JS_SetPropertyValue(env_->context, value_, key, value, 0));
  }

 private:
  napi_env env_;
  JSValue value_;
  bool owned_;
};

}  // namespace noci::standalone

#endif
