// What the library has beyond noci.node: starting a program without holding up the event loop, and terminals. Node.js only, so
// that functions of Node-API may be used here which the standalone executable does not have.
#include <napi.h>

#include "binding/throw.h"
#include "library/functions.h"

namespace noci::library {
namespace {

using Function = Napi::Value (*)(binding::Call&);

struct Export {
  const char* name;
  Function function;
};

constexpr Export kExports[] = {
    {"start", start},
    {"ended", ended},
    {"release", release},
    {"duplicate", duplicate},
    {"openTerminal", open_terminal},
    {"listen", listen},
    {"receiveTerminal", receive_terminal},
};

/** The only way in: nothing but a JavaScript exception leaves it. */
Napi::Value run(const Napi::CallbackInfo& info) {
  const auto& entry = *static_cast<const Export*>(info.Data());
  binding::Call call(info, entry.name);
  try {
    return entry.function(call);
  } catch (const SystemError& error) {
    throw binding::native_error(info.Env(), error);
  }
}

Napi::Value run_in_thread(const Napi::CallbackInfo& info) {
  try {
    return run(info);
  } catch (const Napi::Error& error) {
    binding::throw_if_possible(error);
    return Napi::Value();
  }
}

/** Once for each thread that imports the library. */
Napi::Object load(Napi::Env env, Napi::Object exports) {
  for (const Export& entry : kExports) {
    exports.Set(entry.name, Napi::Function::New<run_in_thread>(env, entry.name, const_cast<Export*>(&entry)));
  }
  return exports;
}

}  // namespace

NODE_API_MODULE(library, load)

}  // namespace noci::library
