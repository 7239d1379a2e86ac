#include "functions.h"

#include <cstring>

#include "call.h"
#include "entry.h"
#include "strings.h"
#include "utf8.h"

/** Lies on the stack of the call that it describes. */
struct napi_callback_info__ {
  JSValueConst receiver;
  JSValueConst* arguments;
  size_t count;
  void* data;
};

namespace noci::standalone {
namespace {

JSValue call_back(JSContext* context, JSValueConst receiver, int count, JSValueConst* arguments, int index,
                  void* data) {
  auto* const env = static_cast<napi_env>(JS_GetContextOpaque(context));
  const Entry entry(env);
  napi_callback_info__ info = {receiver, arguments, static_cast<size_t>(count), data};
  return entry.leave(env->callbacks.at(index)(env, &info));
}

/** As a function of sloppy code has it: without one, it is the global object. */
napi_status give_receiver(napi_env env, napi_value* result, JSValueConst receiver) {
  if (JS_IsUndefined(receiver) || JS_IsNull(receiver)) return give(env, result, Handles::kGlobal);
  return give(env, result, JS_ToObject(env->context, receiver));
}

napi_status give_arguments(napi_env env, const napi_callback_info__& info, size_t size, napi_value* result) {
  for (size_t i = 0; i < size; i++) {
    const napi_status status = i < info.count ? give(env, &result[i], JS_DupValue(env->context, info.arguments[i]))
                                              : give(env, &result[i], Handles::kUndefined);
    if (status != napi_ok) return status;
  }
  return napi_ok;
}

/** The arguments of a call out of the addon, whose handles may move while it runs. */
class Arguments {
 public:
  Arguments(napi_env env, size_t count, const napi_value* values) : context_(env->context), values_(few_) {
    if (count > kFew) {
      values_ = static_cast<JSValueConst*>(js_malloc_rt(JS_GetRuntime(context_), count * sizeof(JSValueConst)));
    }
    if (values_ == nullptr) return;
    for (size_t i = 0; i < count; i++) values_[i] = env->handles[values[i]];
  }
  ~Arguments() {
    if (values_ != few_) js_free(context_, values_);
  }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  JSValueConst* values() const { return values_; }

 private:
  static constexpr size_t kFew = 8;

  JSContext* context_;
  JSValueConst few_[kFew];
  JSValueConst* values_;
};

/** A name that a string of C cannot bear to the engine. Takes the function over. */
JSValue with_name(JSContext* context, JSValue function, const char* name, size_t length) {
  if (JS_IsException(function)) return function;
  const JSValue string = string_from_utf8(context, name, length);
  const bool made = !JS_IsException(string);
  if (made && JS_DefinePropertyValueStr(context, function, "name", string, JS_PROP_CONFIGURABLE) >= 0) return function;
  JS_FreeValue(context, function);
  return JS_EXCEPTION;
}

}  // namespace

JSValue new_function(napi_env env, const char* name, napi_callback callback, void* data) {
  const int index = env->callbacks.index_of(callback);
  if (index < 0) return JS_ThrowOutOfMemory(env->context);
  return JS_NewCClosure(env->context, call_back, name, nullptr, 0, index, data);
}

}  // namespace noci::standalone

using namespace noci::standalone;

napi_status napi_create_function(napi_env env, const char* utf8name, size_t length, napi_callback callback, void* data,
                                 napi_value* result) {
  if (const napi_status refused = enter(env, result, callback)) return refused;
  if (utf8name == nullptr) return give(env, result, new_function(env, "", callback, data));
  if (!is_length(length)) return fail(env, napi_invalid_arg);
  if (length == NAPI_AUTO_LENGTH && is_ascii(utf8name, strlen(utf8name))) {
    return give(env, result, new_function(env, utf8name, callback, data));
  }
  if (length == NAPI_AUTO_LENGTH) length = strlen(utf8name);
  const JSValue function = new_function(env, "", callback, data);
  return give(env, result, with_name(env->context, function, utf8name, length));
}

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t* argc, napi_value* argv,
                             napi_value* receiver, void** data) {
  if (const napi_status refused = check(env, info)) return refused;
  if (argv != nullptr) {
    if (argc == nullptr) return fail(env, napi_invalid_arg);
    if (const napi_status failed = give_arguments(env, *info, *argc, argv)) return failed;
  }
  if (argc != nullptr) *argc = info->count;
  if (receiver != nullptr) {
    if (const napi_status failed = give_receiver(env, receiver, info->receiver)) return failed;
  }
  if (data != nullptr) *data = info->data;
  return succeed(env);
}

napi_status napi_call_function(napi_env env, napi_value receiver, napi_value function, size_t argc,
                               const napi_value* argv, napi_value* result) {
  if (const napi_status refused = enter(env, receiver)) return refused;
  if (argc > 0 && argv == nullptr) return fail(env, napi_invalid_arg);
  if (const napi_status refused = check(env, function)) return refused;
  if (!JS_IsFunction(env->context, env->handles[function])) return fail(env, napi_invalid_arg);
  const Arguments arguments(env, argc, argv);
  if (arguments.values() == nullptr) return fail(env, napi_generic_failure);
  const JSValue value = JS_Call(env->context, env->handles[function], env->handles[receiver], static_cast<int>(argc),
                                arguments.values());
  if (JS_IsException(value) || result != nullptr) return give(env, result, value);
  JS_FreeValue(env->context, value);
  return succeed(env);
}
