#include <napi.h>

#include "functions.h"
#include "throw.h"

namespace noci::binding {
namespace {

struct Export {
  const char* name;
  Function function;
};

constexpr Export kExports[] = {
#define FUNCTION(name) {#name, functions::name},
#include "functions.def"
#undef FUNCTION
};

/** The only way in: nothing but a JavaScript exception leaves it. */
Napi::Value run(const Napi::CallbackInfo& info) {
  const auto& entry = *static_cast<const Export*>(info.Data());
  Call call(info, entry.name);
  try {
    return entry.function(call);
  } catch (const SystemError& error) {
    throw native_error(info.Env(), error);
  }
}

#ifdef NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS

Napi::Value run_in_thread(const Napi::CallbackInfo& info) {
  try {
    return run(info);
  } catch (const Napi::Error& error) {
    throw_if_possible(error);
    return Napi::Value();
  }
}

constexpr auto kEntry = run_in_thread;
#else
constexpr auto kEntry = run;
#endif

Napi::Object start(Napi::Env env, Napi::Object exports) {
  for (const Export& entry : kExports) {
    exports.Set(entry.name, Napi::Function::New<kEntry>(env, entry.name, const_cast<Export*>(&entry)));
  }
  return exports;
}

}  // namespace

NODE_API_MODULE(noci, start)

}  // namespace noci::binding
