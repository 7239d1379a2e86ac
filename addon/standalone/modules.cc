#include "modules.h"

#include <cstdint>
#include <cstring>

namespace noci::standalone {
namespace {

struct Module {
  const char* name;
  const uint8_t* begin;
  const uint8_t* end;
};

}  // namespace

// Written by build/standalone.sh; the last one has no name.
extern "C" {
extern const Module noci_main;
extern const Module noci_modules[];
}

namespace {

const Module* find(const char* name) {
  for (const Module* module = noci_modules; module->name != nullptr; module++) {
    if (strcmp(module->name, name) == 0) return module;
  }
  return nullptr;
}

/** The function that the module's text is. The reader trusts the bytes, so they come from this program's own text only. */
JSValue evaluate(JSContext* context, const Module& module) {
  const auto size = static_cast<size_t>(module.end - module.begin);
  const JSValue script = JS_ReadObject(context, module.begin, size, JS_READ_OBJ_BYTECODE);
  return JS_IsException(script) ? script : JS_EvalFunction(context, script);
}

/** Calls it as CommonJS does, with `shared`; what it leaves in module.exports. */
JSValue exports_of(JSContext* context, JSValueConst function, JSValueConst shared) {
  const JSValue module = JS_NewObject(context);
  const JSValue exports = JS_NewObject(context);
  JS_SetPropertyStr(context, module, "exports", JS_DupValue(context, exports));
  JSValueConst arguments[] = {exports, module, shared};
  const JSValue result = JS_Call(context, function, JS_UNDEFINED, 3, arguments);
  const JSValue value = JS_IsException(result) ? result : JS_GetPropertyStr(context, module, "exports");
  JS_FreeValue(context, exports);
  JS_FreeValue(context, module);
  return value;
}

JSValue load(JSContext* context, const Module& module, JSValueConst shared) {
  const JSValue function = evaluate(context, module);
  if (JS_IsException(function)) return function;
  const JSValue exports = exports_of(context, function, shared);
  JS_FreeValue(context, function);
  return exports;
}

}  // namespace

JSValue load_main(JSContext* context) { return load(context, noci_main, JS_UNDEFINED); }

JSValue load_module(JSContext* context, const char* name, JSValueConst shared) {
  const Module* const module = find(name);
  return module == nullptr ? JS_ThrowReferenceError(context, "no module %s", name) : load(context, *module, shared);
}

}  // namespace noci::standalone
