/* Where the program begins: relocates it before musl does. The linker writes relocations of a word each (DT_RELR) for 3 kB instead
 * of 53, of which every start reads all; musl knows them since 1.2.4. */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR 36
#endif

#if defined(__x86_64__)
__asm__(".section .text.noci_start,\"ax\"\n.globl noci_start\nnoci_start: call noci_relocate\njmp _start\n.text\n");
#elif defined(__aarch64__)
__asm__(".section .text.noci_start,\"ax\"\n.globl noci_start\nnoci_start: bl noci_relocate\nb _start\n.text\n");
#else
#error "noci runs on x86-64 and aarch64"
#endif

extern char __ehdr_start[] __attribute__((visibility("hidden")));
extern Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));
extern volatile uintptr_t _GLOBAL_OFFSET_TABLE_[] __attribute__((visibility("hidden")));

static Elf64_Dyn *find_dynamic(Elf64_Sxword tag) {
  Elf64_Dyn *entry = _DYNAMIC;
  while (entry->d_tag != DT_NULL && entry->d_tag != tag) entry++;
  return entry;
}

/* An even word is an address; an odd one has a bit for each of the 63 words after the last. generic ABI, "Relative relocation table" */
static void relocate(const uintptr_t *entry, const uintptr_t *end, uintptr_t base) {
  uintptr_t *word = NULL;
  for (; entry < end; entry++) {
    if ((*entry & 1) == 0) {
      word = (uintptr_t *)(base + *entry);
      *word++ += base;
      continue;
    }
    for (uintptr_t bits = *entry >> 1, i = 0; bits != 0; bits >>= 1, i++) {
      if ((bits & 1) != 0) word[i] += base;
    }
    word += 63;
  }
}

/* Somewhere in .data, which has a page of its own. */
static volatile char data_page = 1;

/* Before the thread's memory is set up, so without what is checked by a word in it. */
__attribute__((used, visibility("hidden"), no_stack_protector)) void noci_relocate(void);
void noci_relocate(void) {
  /* A page that is written to first comes alone, one that is read first with 15 others, here of the image. The word is the dynamic
   * linker's, in the page of _DYNAMIC. */
  _GLOBAL_OFFSET_TABLE_[1] = 0;
  data_page = 0;
  __asm__ volatile("" ::: "memory");
  const uintptr_t base = (uintptr_t)__ehdr_start;
  const Elf64_Dyn *table = find_dynamic(DT_RELR);
  Elf64_Dyn *size = find_dynamic(DT_RELRSZ);
  if (table->d_tag == DT_NULL || size->d_tag == DT_NULL) return;
  const uintptr_t *begin = (const uintptr_t *)(base + table->d_un.d_ptr);
  relocate(begin, begin + size->d_un.d_val / sizeof *begin, base);
  /* Once: a musl that knows them finds none. */
  size->d_un.d_val = 0;
}
