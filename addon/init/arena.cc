#include "arena.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kAlignment = 16;

size_t rounded(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

}  // namespace

void Arena::grow(size_t size) {
  const size_t whole = rounded(size + rounded(sizeof(Block), kAlignment), kPage);
  void* memory = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  // No message could be made either; the runtime sees that init is gone.
  if (memory == MAP_FAILED) _exit(1);
  Block* block = static_cast<Block*>(memory);
  block->previous = last_;
  block->size = whole;
  last_ = block;
  next_ = static_cast<uint8_t*>(memory) + rounded(sizeof(Block), kAlignment);
  left_ = whole - rounded(sizeof(Block), kAlignment);
}

void* Arena::take(size_t size) {
  const size_t needed = rounded(size, kAlignment);
  // Sizes come from a plan of at most 16 MiB, so nothing near the end of the address space can be asked for.
  if (needed > left_) grow(needed);
  void* piece = next_;
  next_ += needed;
  left_ -= needed;
  return piece;
}

void Arena::reset() {
  if (last_ == nullptr) return;
  if (last_->previous != nullptr) return release();
  uint8_t* first = reinterpret_cast<uint8_t*>(last_) + rounded(sizeof(Block), kAlignment);
  const size_t used = static_cast<size_t>(next_ - first);
  memset(first, 0, used);
  next_ = first;
  left_ += used;
}

void Arena::release() {
  while (last_ != nullptr) {
    Block* block = last_;
    last_ = block->previous;
    munmap(block, block->size);
  }
  next_ = nullptr;
  left_ = 0;
}

const char* Arena::copy(const char* text) { return join(text); }

const char* Arena::joined(const char* const* pieces, size_t count) {
  size_t length = 0;
  for (size_t i = 0; i < count; i++) length += strlen(pieces[i]);
  char* whole = static_cast<char*>(take(length + 1));
  char* next = whole;
  for (size_t i = 0; i < count; i++) {
    const size_t size = strlen(pieces[i]);
    memcpy(next, pieces[i], size);
    next += size;
  }
  *next = '\0';
  return whole;
}

const char* Arena::decimal(long long number) {
  char digits[24];
  char* at = digits + sizeof digits;
  *--at = '\0';
  // Counted below zero, where the most negative number has room.
  long long rest = number < 0 ? number : -number;
  do {
    *--at = static_cast<char>('0' - rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (number < 0) *--at = '-';
  return copy(at);
}
