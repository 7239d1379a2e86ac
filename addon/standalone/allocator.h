#ifndef NOCI_STANDALONE_ALLOCATOR_H
#define NOCI_STANDALONE_ALLOCATOR_H

extern "C" {
#include <quickjs.h>
}

namespace noci::standalone {

/**
 * The engine's memory: blocks of a few sizes, cut from one piece that is there from the start and never given back.
 * A call of noci lives for some milliseconds; malloc(3) costs it 33 calls of mmap(2) and a fifth of its start-up.
 * Not for use by several threads.
 */
extern const JSMallocFunctions kAllocator;

}  // namespace noci::standalone

#endif
