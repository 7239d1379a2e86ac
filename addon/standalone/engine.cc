#include "engine.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstddef>

#include "heap.h"

namespace noci::standalone {
namespace {

/** Deep enough for everything noci does by far; an endless recursion becomes a RangeError here. */
constexpr size_t kStack = 1 << 20;

/** Reference counts free nearly everything. Cycles are looked for in a long foreground `run` only. */
constexpr size_t kCollectFrom = 32 << 20;

/** The engine counts from where it was made; a caller's small `ulimit -s` must be met by it and not by the guard page. */
size_t stack_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kStack;
  return std::min<size_t>(kStack, limit.rlim_cur / 2);
}

using Intrinsic = int (*)(JSContext*);

constexpr Intrinsic kCore[] = {
    JS_AddIntrinsicBaseObjects, JS_AddIntrinsicDate,   JS_AddIntrinsicRegExp,
    JS_AddIntrinsicJSON,        JS_AddIntrinsicMapSet, JS_AddIntrinsicTypedArrays,
};

constexpr Intrinsic kForLibraries[] = {
    JS_AddIntrinsicProxy,
    JS_AddIntrinsicPromise,
    JS_AddIntrinsicWeakRef,
};

template <size_t N>
bool add(JSContext* context, const Intrinsic (&intrinsics)[N]) {
  return std::all_of(intrinsics, intrinsics + N, [&](Intrinsic intrinsic) { return intrinsic(context) == 0; });
}

JSRuntime* open_runtime() {
#ifdef NOCI_CHECKED
  // With malloc(3), whose blocks the sanitizer watches.
  return JS_NewRuntime();
#else
  return JS_NewRuntime2(&kHeapFunctions, nullptr);
#endif
}

}  // namespace

JSContext* open_engine() {
  JSRuntime* const runtime = open_runtime();
  if (runtime == nullptr) return nullptr;
  JS_SetGCThreshold(runtime, kCollectFrom);
  JSContext* const context = JS_NewContextRaw(runtime);
  return context != nullptr && add(context, kCore) ? context : nullptr;
}

void limit_stack(JSContext* context) {
  JS_UpdateStackTop(JS_GetRuntime(context));
  JS_SetMaxStackSize(JS_GetRuntime(context), stack_limit());
}

bool add_intrinsics_of_libraries(JSContext* context) { return add(context, kForLibraries); }

}  // namespace noci::standalone
