#ifndef NOCI_INIT_ARENA_H
#define NOCI_INIT_ARENA_H

#include <stddef.h>
#include <stdint.h>

/**
 * Memory that is taken piece by piece and given back all at once. Init has no heap: nothing is freed singly, so nothing
 * is freed twice, and what a waiting container costs is known. Grows by anonymous mmap(2).
 */
class Arena {
 public:
  /** `size` bytes, zeroed, aligned for any scalar. Never null: init ends when the kernel has no memory for it. */
  void* take(size_t size);

  /** Makes everything free to be taken again. One block is kept, zeroed, so that most steps need no syscall for this. */
  void reset();

  /** Gives everything back to the kernel. */
  void release();

  /** A copy of `text`. */
  const char* copy(const char* text);

  /** The pieces one after another: join("exec ", path, ": ", cause). */
  template <typename... Pieces>
  const char* join(Pieces... pieces) {
    const char* const list[] = {pieces...};
    return joined(list, sizeof...(pieces));
  }

  /** `number` in decimal. */
  const char* decimal(long long number);

 private:
  struct Block {
    Block* previous;
    size_t size;
  };

  void grow(size_t size);
  const char* joined(const char* const* pieces, size_t count);

  Block* last_ = nullptr;
  uint8_t* next_ = nullptr;
  size_t left_ = 0;
};

#endif
