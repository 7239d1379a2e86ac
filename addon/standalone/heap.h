#ifndef NOCI_STANDALONE_HEAP_H
#define NOCI_STANDALONE_HEAP_H

#include <cstddef>
#include <cstdint>

#include "napi/environment.h"

namespace noci::standalone {

/**
 * The engine's memory. Everything that the engine and Node-API over it know is in here, and it begins at a fixed address, so
 * that it can be saved as an image and another process go on from it (image.h).
 */
extern const JSMallocFunctions kHeapFunctions;

/** Far from where Linux puts programs, libraries and stacks, whatever the machine has of 48 address bits. A huge page begins here. */
constexpr uintptr_t kHeapAddress = 0x6e6f63600000;

/** What is in a heap: the first thing in it. */
struct Program {
  JSContext* context;
  napi_env environment;
  /** contract.ts's Native */
  JSValue native;
  /** main of src/main.ts */
  JSValue main;
  /** what main's module has for the others, build/shared.mjs */
  JSValue shared;
  /** bytes from the heap's beginning that belong to the engine itself: nearly all of their pages are written to in every call */
  size_t engine_extent;
};

/** An empty heap. False: no memory, or the address is taken. */
bool open_heap();

/** Goes on with a heap of `size` bytes that is at kHeapAddress already. */
void resume_heap(size_t size);

Program& heap_program();

/** Bytes of the heap that are in use, from kHeapAddress. 0: it has grown beyond its first piece. */
size_t heap_extent();

}  // namespace noci::standalone

#endif
