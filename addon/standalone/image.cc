#include "image.h"

#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "heap.h"

extern "C" {
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

// Written by build/standalone.sh.
struct NociImage {
  noci::standalone::ImageKind kind;
  /** of noci_image_heap, in bytes; a multiple of the page */
  uint64_t size;
  /** of noci_image_relocations: words of the heap, counted in 8 bytes, that hold an offset into the program */
  uint64_t relocation_count;
};
extern const NociImage noci_image;
extern const uint32_t noci_image_relocations[];
extern char noci_image_heap[];

int __real_gettimeofday(timeval* now, void* zone);
int __wrap_gettimeofday(timeval* now, void* zone);

/** The engine's clock. It seeds hash tables with it: a heap must not depend on when it was made. */
int __wrap_gettimeofday(timeval* now, void* zone) {
  if (noci_image.kind != noci::standalone::ImageKind::seed) return __real_gettimeofday(now, zone);
  *now = {};
  return 0;
}
}

namespace noci::standalone {
namespace {

constexpr size_t kPage = 4096;

/** Claims the place first: mremap(2) takes away what is there. */
bool move_heap() {
  void* const place = reinterpret_cast<void*>(kHeapAddress);
  const size_t size = noci_image.size;
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  if (mmap(place, size, PROT_NONE, kFlags, -1, 0) != place) return false;
  return mremap(noci_image_heap, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place;
}

void relocate() {
  auto* const words = reinterpret_cast<uint64_t*>(kHeapAddress);
  const auto program = reinterpret_cast<uint64_t>(__ehdr_start);
  for (uint64_t i = 0; i < noci_image.relocation_count; i++) words[noci_image_relocations[i]] += program;
}

bool write_all(int fd, const void* data, size_t size) {
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(fd, at, size);
    if (written < 0) return false;
    at += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

}  // namespace

ImageKind image_kind() { return noci_image.kind; }

bool resume_image() {
  if (!move_heap()) return false;
  // Half the time of a fault for each page. Where the kernel does not know this (before 5.14) the faults come one by one.
  madvise(&heap_program(), heap_program().engine_extent & ~(kPage - 1), MADV_POPULATE_WRITE);
  relocate();
  resume_heap(noci_image.size);
  return true;
}

bool write_heap(int fd) {
  const auto program = reinterpret_cast<uint64_t>(__ehdr_start);
  const uint64_t header[] = {program, reinterpret_cast<uint64_t>(_end) - program, kHeapAddress, heap_extent()};
  return write_all(fd, header, sizeof header) && write_all(fd, &heap_program(), heap_extent());
}

}  // namespace noci::standalone
