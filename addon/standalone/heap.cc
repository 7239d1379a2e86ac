#include "heap.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace noci::standalone {
namespace {

/** Stands before every block, and keeps what follows aligned as malloc(3) does. */
struct alignas(16) Header {
  size_t size_class;
};

/** The first piece of an empty heap; its pages cost nothing before they are used. */
constexpr size_t kFirstPiece = 16 << 20;

/** The piece after an image: what a short command needs. Its pages come with one call and not with a fault each. */
constexpr size_t kNextPiece = 256 << 10;
constexpr size_t kFurtherPiece = 1 << 20;

/**
 * Sizes: 64, then four to each power of two (80, 96, 112, 128, 160 …). The engine cuts small objects itself from blocks of
 * just below 4096 bytes, so nothing is gained by smaller steps.
 */
constexpr size_t kSmallest = 64;
constexpr size_t kSteps = 4;
constexpr size_t kLargest = size_t{1} << 46;
constexpr size_t kClasses = 1 + kSteps * (46 - 6);

struct Heap {
  Program program;
  char* piece;
  size_t left;
  size_t pieces;
  void* released[kClasses];
};

Heap& heap = *reinterpret_cast<Heap*>(kHeapAddress);

size_t class_of(size_t size) {
  if (size <= kSmallest) return 0;
  const auto shift = static_cast<size_t>(61 - __builtin_clzll(size - 1));
  return (shift - kSteps) * kSteps + ((size - 1) >> shift) - kSteps + 1;
}

size_t size_of(size_t size_class) {
  if (size_class == 0) return kSmallest;
  const size_t step = size_class - 1;
  return (step % kSteps + kSteps + 1) << (step / kSteps + kSteps);
}

Header* header_of(const void* block) { return static_cast<Header*>(const_cast<void*>(block)) - 1; }

/** A new piece with room for `size` bytes. What was left of the one before is lost. */
bool next_piece(size_t size) {
  const size_t usual = heap.pieces == 1 ? kNextPiece : kFurtherPiece;
  const size_t whole = size <= usual ? usual : (size + kPage - 1) & ~(kPage - 1);
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | (whole == kNextPiece ? MAP_POPULATE : 0);
  void* const memory = mmap(nullptr, whole, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED) return false;
  heap.piece = static_cast<char*>(memory);
  heap.left = whole;
  heap.pieces++;
  return true;
}

void* cut(size_t size_class) {
  const size_t whole = sizeof(Header) + size_of(size_class);
  if (whole > heap.left && !next_piece(whole)) return nullptr;
  auto* const header = new (heap.piece) Header{size_class};
  heap.piece += whole;
  heap.left -= whole;
  return header + 1;
}

void* allocate(void*, size_t size) {
  if (size > kLargest) return nullptr;
  const size_t size_class = class_of(size);
  void* const block = heap.released[size_class];
  if (block == nullptr) return cut(size_class);
  memcpy(&heap.released[size_class], block, sizeof block);
  return block;
}

void release(void*, void* block) {
  if (block == nullptr) return;
  void** const list = &heap.released[header_of(block)->size_class];
  memcpy(block, list, sizeof *list);
  *list = block;
}

size_t usable_size(const void* block) { return block == nullptr ? 0 : size_of(header_of(block)->size_class); }

void* allocate_zeroed(void* opaque, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* const block = allocate(opaque, bytes);
  if (block != nullptr) memset(block, 0, bytes);
  return block;
}

void* reallocate(void* opaque, void* block, size_t size) {
  if (block == nullptr) return allocate(opaque, size);
  if (size == 0) {
    release(opaque, block);
    return nullptr;
  }
  const size_t had = usable_size(block);
  if (size <= had) return block;
  void* const larger = allocate(opaque, size);
  if (larger == nullptr) return nullptr;
  memcpy(larger, block, had);
  release(opaque, block);
  return larger;
}

}  // namespace

const JSMallocFunctions kHeapFunctions = {allocate_zeroed, allocate, release, reallocate, usable_size};

bool open_heap() {
  void* const address = reinterpret_cast<void*>(kHeapAddress);
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  if (mmap(address, kFirstPiece, PROT_READ | PROT_WRITE, kFlags, -1, 0) != address) return false;
  constexpr size_t kBegin = (sizeof(Heap) + alignof(Header) - 1) & ~(alignof(Header) - 1);
  heap.piece = static_cast<char*>(address) + kBegin;
  heap.left = kFirstPiece - kBegin;
  heap.pieces = 1;
  return true;
}

void resume_heap(size_t size) { heap.left = kHeapAddress + size - reinterpret_cast<uintptr_t>(heap.piece); }

Program& heap_program() { return heap.program; }

size_t heap_extent() { return heap.pieces == 1 ? reinterpret_cast<uintptr_t>(heap.piece) - kHeapAddress : 0; }

}  // namespace noci::standalone
