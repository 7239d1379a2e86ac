// malloc(3) for the C++ of the executable. musl's asks the kernel for a page and gives it back for nearly every string that
// the addon makes: 75 times in one `run`.
#include <cerrno>
#include <cstddef>

#include "../blocks.h"

namespace {

/** More than any short command uses; pages that are not touched cost nothing. */
constexpr size_t kFirstPiece = 512 << 10;

alignas(16) char first_piece[kFirstPiece];
noci::standalone::Blocks blocks;

/** Before any constructor of a static object: libstdc++ allocates in one. */
noci::standalone::Blocks& ready() {
  if (blocks.pieces() == 0) blocks.add_piece(first_piece, sizeof first_piece);
  return blocks;
}

void* or_enomem(void* block) {
  if (block == nullptr) errno = ENOMEM;
  return block;
}

}  // namespace

extern "C" {

void* malloc(size_t size) { return or_enomem(ready().allocate(size)); }
void* calloc(size_t count, size_t size) { return or_enomem(ready().allocate_zeroed(count, size)); }
void* realloc(void* block, size_t size) { return or_enomem(ready().reallocate(block, size == 0 ? 1 : size)); }
void free(void* block) { blocks.release(block); }

/** Nothing here asks for more than the alignment that every block has. */
void* aligned_alloc(size_t alignment, size_t size) {
  return or_enomem(alignment <= 16 ? ready().allocate(size) : nullptr);
}
}
