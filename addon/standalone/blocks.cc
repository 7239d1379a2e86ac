#include "blocks.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <new>

namespace noci::standalone {
namespace {

/** Stands before every block that is no page, and keeps what follows aligned. */
struct alignas(16) Header {
  size_t size_class;
};

constexpr size_t kPage = 4096;

/** What a short command needs after its first piece. Its pages come with one call and not with a fault each. */
constexpr size_t kSecondPiece = 128 << 10;
constexpr size_t kFurtherPiece = 1 << 20;

/** Pages are cut off by so many at a time: other blocks lie between them, and what is left of a page before them is lost. */
constexpr size_t kPagesAtOnce = 8;

bool is_aligned(const void* address) { return reinterpret_cast<uintptr_t>(address) % kPage == 0; }

Header* header_of(const void* block) { return static_cast<Header*>(const_cast<void*>(block)) - 1; }

}  // namespace

void Blocks::add_piece(void* memory, size_t size) {
  end_ = static_cast<char*>(memory);
  left_ = size;
  pieces_++;
}

size_t Blocks::class_of(size_t size) {
  if (size <= kSmallest) return 0;
  const auto shift = static_cast<size_t>(61 - __builtin_clzll(size - 1));
  return (shift - kSteps) * kSteps + ((size - 1) >> shift) - kSteps + 1;
}

size_t Blocks::size_of(size_t size_class) {
  if (size_class == 0) return kSmallest;
  const size_t step = size_class - 1;
  return (step % kSteps + kSteps + 1) << (step / kSteps + kSteps);
}

size_t Blocks::class_at(const void* block) { return is_aligned(block) ? class_of(kPage) : header_of(block)->size_class; }

bool Blocks::map_piece(size_t size) {
  const size_t usual = pieces_ == 1 ? kSecondPiece : kFurtherPiece;
  const size_t whole = size <= usual ? usual : (size + kPage - 1) & ~(kPage - 1);
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | (whole == kSecondPiece ? MAP_POPULATE : 0);
  void* const memory = mmap(nullptr, whole, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED) return false;
  add_piece(memory, whole);
  return true;
}

void* Blocks::cut_page() {
  if (pages_left_ == 0) {
    const size_t whole = kPagesAtOnce * kPage;
    size_t lost = -reinterpret_cast<uintptr_t>(end_) % kPage;
    if (lost + whole > left_) {
      if (!map_piece(whole)) return nullptr;
      lost = 0;
    }
    page_ = end_ + lost;
    pages_left_ = kPagesAtOnce;
    end_ += lost + whole;
    left_ -= lost + whole;
  }
  void* const page = page_;
  page_ += kPage;
  pages_left_--;
  return page;
}

void* Blocks::cut(size_t size_class) {
  if (size_of(size_class) == kPage) return cut_page();
  // Whatever begins with a page is one.
  const size_t lost = is_aligned(end_ + sizeof(Header)) ? sizeof(Header) : 0;
  const size_t whole = lost + sizeof(Header) + size_of(size_class);
  if (whole > left_ && !map_piece(whole)) return nullptr;
  auto* const header = new (end_ + lost) Header{size_class};
  end_ += whole;
  left_ -= whole;
  return header + 1;
}

void* Blocks::allocate(size_t size) {
  if (size > kLargest) return nullptr;
  const size_t size_class = class_of(size);
  void* const block = released_[size_class];
  if (block == nullptr) return cut(size_class);
  memcpy(&released_[size_class], block, sizeof block);
  return block;
}

void* Blocks::allocate_zeroed(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* const block = allocate(bytes);
  if (block != nullptr) memset(block, 0, bytes);
  return block;
}

void* Blocks::reallocate(void* block, size_t size) {
  if (block == nullptr) return allocate(size);
  if (size == 0) {
    release(block);
    return nullptr;
  }
  const size_t had = usable_size(block);
  if (size <= had) return block;
  void* const larger = allocate(size);
  if (larger == nullptr) return nullptr;
  memcpy(larger, block, had);
  release(block);
  return larger;
}

void Blocks::release(void* block) {
  if (block == nullptr) return;
  void** const list = &released_[class_at(block)];
  memcpy(block, list, sizeof *list);
  *list = block;
}

size_t Blocks::usable_size(const void* block) { return block == nullptr ? 0 : size_of(class_at(block)); }

}  // namespace noci::standalone
