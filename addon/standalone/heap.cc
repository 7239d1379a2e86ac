#include "heap.h"

#include <sys/mman.h>

#include "blocks.h"

namespace noci::standalone {
namespace {

struct alignas(16) Heap {
  Program program;
  Blocks blocks;
};

Heap& heap = *reinterpret_cast<Heap*>(kHeapAddress);

/** The first piece of an empty heap; its pages cost nothing before they are used. */
constexpr size_t kFirstPiece = 16 << 20;

void* allocate(void*, size_t size) { return heap.blocks.allocate(size); }
void* allocate_zeroed(void*, size_t count, size_t size) { return heap.blocks.allocate_zeroed(count, size); }
void* reallocate(void*, void* block, size_t size) { return heap.blocks.reallocate(block, size); }
void release(void*, void* block) { heap.blocks.release(block); }

}  // namespace

const JSMallocFunctions kHeapFunctions = {allocate_zeroed, allocate, release, reallocate, Blocks::usable_size};

bool open_heap() {
  void* const address = reinterpret_cast<void*>(kHeapAddress);
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  if (mmap(address, kFirstPiece, PROT_READ | PROT_WRITE, kFlags, -1, 0) != address) return false;
  heap.blocks.add_piece(&heap + 1, kFirstPiece - sizeof(Heap));
  return true;
}

void resume_heap(size_t size) {
  heap.blocks.resize_piece(kHeapAddress + size - reinterpret_cast<uintptr_t>(heap.blocks.end()));
}

Program& heap_program() { return heap.program; }

size_t heap_extent() {
  return heap.blocks.pieces() == 1 ? reinterpret_cast<uintptr_t>(heap.blocks.end()) - kHeapAddress : 0;
}

}  // namespace noci::standalone
