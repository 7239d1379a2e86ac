#include "image.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
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
constexpr size_t kHugePage = 2 << 20;

char* const kHeap = reinterpret_cast<char*>(kHeapAddress);

bool claim(size_t size, int protection) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  return mmap(kHeap, size, protection, kFlags, -1, 0) == kHeap;
}

/** True when the first fault brings a huge page: then the second small page is there with the first. */
bool has_huge_page(size_t room) {
  unsigned char second = 0;
  if (madvise(kHeap, room, MADV_HUGEPAGE) != 0) return false;
  *static_cast<volatile char*>(kHeap) = 0;
  return mincore(kHeap + kPage, kPage, &second) == 0 && second != 0;
}

/** Where in the program's file the image is. elf(5) */
off_t image_offset() {
  const auto* const header = reinterpret_cast<const Elf64_Ehdr*>(__ehdr_start);
  const auto* const segments = reinterpret_cast<const Elf64_Phdr*>(__ehdr_start + header->e_phoff);
  const auto address = static_cast<Elf64_Addr>(noci_image_heap - __ehdr_start);
  const auto* const segment = std::find_if(segments, segments + header->e_phnum, [&](const Elf64_Phdr& one) {
    return one.p_type == PT_LOAD && address - one.p_vaddr < one.p_filesz;
  });
  return static_cast<off_t>(address - segment->p_vaddr + segment->p_offset);
}

bool read_heap() {
  const int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (program < 0) return false;
  const ssize_t size = pread(program, kHeap, noci_image.size, image_offset());
  close(program);
  return size == static_cast<ssize_t>(noci_image.size);
}

/**
 * Into a huge page, which costs as much as 50 small ones; a command writes to 200 to 400 pages of its heap. read(2) from the
 * program's own file takes half the time of a copy from where it is mapped. False where the kernel has no huge page at hand or must
 * not use them (/sys/kernel/mm/transparent_hugepage/enabled), and where there is no /proc.
 */
bool copy_heap() {
  const size_t room = (noci_image.size + kHugePage - 1) & ~(kHugePage - 1);
  if (!claim(room, PROT_READ | PROT_WRITE)) return false;
  if (!has_huge_page(room) || !read_heap()) {
    munmap(kHeap, room);
    return false;
  }
  resume_heap(room);
  return true;
}

/** Page by page, as they are written to. Claims the place first: mremap(2) takes away what is there. */
bool move_heap() {
  const size_t size = noci_image.size;
  if (!claim(size, PROT_NONE)) return false;
  if (mremap(noci_image_heap, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, kHeap) != kHeap) return false;
  // Half the time of a fault for each page. Where the kernel does not know this (before 5.14) the faults come one by one.
  madvise(kHeap, heap_program().engine_extent & ~(kPage - 1), MADV_POPULATE_WRITE);
  resume_heap(size);
  return true;
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
  if (!copy_heap() && !move_heap()) return false;
  relocate();
  return true;
}

bool write_heap(int fd) {
  const auto program = reinterpret_cast<uint64_t>(__ehdr_start);
  const uint64_t header[] = {program, reinterpret_cast<uint64_t>(_end) - program, kHeapAddress, heap_extent()};
  return write_all(fd, header, sizeof header) && write_all(fd, &heap_program(), heap_extent());
}

}  // namespace noci::standalone
