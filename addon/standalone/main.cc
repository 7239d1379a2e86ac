// The standalone executable: the addon and the engine in one static file. It reads no file and no environment variable
// of its own; what noci's contract says of them is read by the TypeScript.
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "engine.h"
#include "heap.h"
#include "image.h"
#include "kernel/set_user_id.h"
#include "kernel/stdio.h"
#include "modules.h"
#include "parent/command_line.h"

extern "C" napi_value napi_register_module_v1(napi_env env, napi_value exports);

#ifdef NOCI_CHECKED
extern "C" const char* __asan_default_options();
/** A status that no test expects, so that a report is a failure wherever it comes. */
extern "C" const char* __asan_default_options() { return "exitcode=77"; }
extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() { return "exitcode=77"; }
#endif

namespace noci::standalone {
namespace {

constexpr int kFailure = 1;

/** For what cannot be told by the TypeScript any more. The form is that of its own records. */
[[noreturn]] void die(const char* message) {
  const auto put = [](const char* text) { return write(STDERR_FILENO, text, strlen(text)); };
  if (put("level=error msg=\"") >= 0 && put(message) >= 0) static_cast<void>(put("\"\n"));
  _exit(kFailure);
}

/** An exception that nothing caught. Without quotes and line ends it cannot break the record. */
[[noreturn]] void die_of_exception(JSContext* context) {
  static char line[512];
  const JSValue error = JS_GetException(context);
  const char* const text = JS_ToCString(context, error);
  strncpy(line, text == nullptr ? "out of memory" : text, sizeof line - 1);
  for (char* at = line; *at != 0; at++) {
    if (*at == '"' || *at == '\\' || static_cast<unsigned char>(*at) < ' ') *at = ' ';
  }
  die(line);
}

JSValue checked(JSContext* context, JSValue value) {
  if (JS_IsException(value)) die_of_exception(context);
  return value;
}

JSValue cold(JSContext* context, JSValueConst, int count, JSValueConst* arguments) {
  static const bool added = add_intrinsics_of_libraries(context);
  if (!added) return JS_ThrowInternalError(context, "cold: out of memory");
  const char* const name = count < 1 ? nullptr : JS_ToCString(context, arguments[0]);
  if (name == nullptr) return JS_ThrowTypeError(context, "cold: name must be a string");
  const JSValue exports = load_module(context, name, heap_program().shared);
  JS_FreeCString(context, name);
  return exports;
}

/** contract.ts's Native: what the addon exports, and `cold`. */
JSValue make_native(JSContext* context, napi_env environment) {
  const JSValue native = checked(context, load_exports(environment, napi_register_module_v1));
  JS_SetPropertyStr(context, native, "cold", JS_NewCFunction(context, cold, "cold", 1));
  return native;
}

/** Everything that is the same in every call. */
void load(Program& program) {
  program.context = open_engine();
  if (program.context == nullptr) die("out of memory");
  limit_stack(program.context);
  program.environment = open_environment(program.context);
  if (program.environment == nullptr) die("out of memory");
  program.engine_extent = heap_extent();
  program.native = make_native(program.context, program.environment);
  const JSValue exports = checked(program.context, load_main(program.context));
  program.main = checked(program.context, JS_GetPropertyStr(program.context, exports, "main"));
  program.shared = checked(program.context, JS_GetPropertyStr(program.context, exports, "shared"));
  JS_FreeValue(program.context, exports);
}

Program& start() {
  if (image_kind() == ImageKind::heap) {
    if (!resume_image()) die("out of memory");
    limit_stack(heap_program().context);
    return heap_program();
  }
  if (!open_heap()) die("out of memory");
  load(heap_program());
  return heap_program();
}

/** src/main.ts: main(native) gives the exit status. */
int call_main(const Program& program) {
  JSValueConst arguments[] = {program.native};
  const JSValue result = checked(program.context, JS_Call(program.context, program.main, JS_UNDEFINED, 1, arguments));
  int32_t status = kFailure;
  if (JS_ToInt32(program.context, &status, result) != 0) die_of_exception(program.context);
  return status;
}

/** Takes apart what a process otherwise leaves to the kernel, so that a sanitizer sees what nobody owns. */
[[maybe_unused]] void close(const Program& program) {
  JSRuntime* const runtime = JS_GetRuntime(program.context);
  JS_FreeValue(program.context, program.shared);
  JS_FreeValue(program.context, program.main);
  JS_FreeValue(program.context, program.native);
  close_environment(program.environment);
  JS_FreeContext(program.context);
  JS_FreeRuntime(runtime);
}

int save(const Program& program) {
  JS_RunGC(JS_GetRuntime(program.context));
  return write_heap(STDOUT_FILENO) ? 0 : kFailure;
}

}  // namespace
}  // namespace noci::standalone

int main(int argc, char** argv) {
  using namespace noci::standalone;
  if (!kernel::occupy_stdio()) _exit(kFailure);
  if (kernel::is_set_user_id()) die(kernel::kSetUserIdRefused);
  // A reader that went away is an error of write(2), not the end in the middle of something.
  signal(SIGPIPE, SIG_IGN);
  noci::command_line_is(argc, argv);
  const Program& program = start();
  const int status = image_kind() == ImageKind::seed ? save(program) : call_main(program);
#ifdef NOCI_CHECKED
  close(program);
  return status;
#else
  // Without exit(3) and without taking the heap apart: the kernel does that faster.
  _exit(status);
#endif
}
