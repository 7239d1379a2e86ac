#ifndef NOCI_STANDALONE_BLOCKS_H
#define NOCI_STANDALONE_BLOCKS_H

#include <cstddef>

namespace noci::standalone {

/**
 * Memory for a process that lives for some milliseconds: blocks of a few sizes, cut from pieces of memory. A block that is
 * released is used again for its size and never given back to the kernel: a call of mmap(2) and the fault after it cost more
 * than all the rest. An object of zeros is one without memory. Not for use by several threads.
 */
class Blocks {
 public:
  /** Memory to cut blocks from, aligned as blocks are. What is left of the piece before is lost. */
  void add_piece(void* memory, size_t size);
  /** Further pieces come from mmap(2); the first of them has its pages at once. */
  size_t pieces() const { return pieces_; }
  /** Up to where the newest piece is used. */
  char* end() const { return end_; }
  /** The newest piece ends sooner or later than it was told. */
  void resize_piece(size_t left) { left_ = left; }

  /** Aligned as by malloc(3). nullptr: no memory. */
  void* allocate(size_t size);
  void* allocate_zeroed(size_t count, size_t size);
  /** As realloc(3), and a size of 0 releases. */
  void* reallocate(void* block, size_t size);
  void release(void* block);
  static size_t usable_size(const void* block);

 private:
  /**
   * Sizes: 64, then four to each power of two (80, 96, 112, 128, 160 …). The engine cuts small objects itself from blocks of
   * just below 4096 bytes, so nothing is gained by smaller steps. Such a block is a page: an object that is written to makes one
   * page of an image the process's own, and not two.
   */
  static constexpr size_t kSmallest = 64;
  static constexpr size_t kSteps = 4;
  static constexpr size_t kLargest = size_t{1} << 46;
  static constexpr size_t kClasses = 1 + kSteps * (46 - 6);

  static size_t class_of(size_t size);
  static size_t size_of(size_t size_class);
  static size_t class_at(const void* block);
  bool map_piece(size_t size);
  void* cut(size_t size_class);
  void* cut_page();

  char* end_;
  size_t left_;
  /** pages that are cut off already */
  char* page_;
  size_t pages_left_;
  size_t pieces_;
  void* released_[kClasses];
};

}  // namespace noci::standalone

#endif
