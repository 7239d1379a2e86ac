/* What g++'s libstdc++.a and libgcc_eh.a expect of glibc and musl does not have. */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

/* libstdc++ then counts references without locked instructions. noci makes no thread. */
char __libc_single_threaded = 1;

/* glibc's <bits/dl_find_object.h>: where the unwinder finds the tables for an address. */
struct dl_find_object {
  unsigned long long flags;
  void *map_start;
  void *map_end;
  void *link_map;
  void *eh_frame;
  unsigned long long reserved[7];
};

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));
extern char _end[] __attribute__((visibility("hidden")));

static const Elf64_Phdr *find_header(uint32_t type) {
  const Elf64_Phdr *header = (const Elf64_Phdr *)((uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);
  for (const Elf64_Phdr *end = header + __ehdr_start.e_phnum; header < end; header++) {
    if (header->p_type == type) return header;
  }
  return NULL;
}

/* _dl_find_object(3) for a program that is one static file. libgcc does not fall back when this finds nothing: a throw would
 * end the process. */
int _dl_find_object(void *address, struct dl_find_object *result);
int _dl_find_object(void *address, struct dl_find_object *result) {
  const uintptr_t begin = (uintptr_t)&__ehdr_start;
  const Elf64_Phdr *tables = find_header(PT_GNU_EH_FRAME);
  if ((uintptr_t)address < begin || (uintptr_t)address >= (uintptr_t)_end || tables == NULL) return -1;
  /* p_vaddr counts from where the program was linked to: 0, or its fixed address. */
  const Elf64_Phdr *first = find_header(PT_LOAD);
  *result = (struct dl_find_object){
      .map_start = (void *)begin,
      .map_end = _end,
      .eh_frame = (void *)(begin + (tables->p_vaddr - first->p_vaddr)),
  };
  return 0;
}

/* Otherwise in crtbeginS.o: names this file for __cxa_atexit. */
void *const __dso_handle __attribute__((visibility("hidden"))) = NULL;
