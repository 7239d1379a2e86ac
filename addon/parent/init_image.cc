#include "init_image.h"

// NOCI_INIT_IMAGE is the path of the program as a string, given by the build.
asm(".pushsection .rodata.noci_init, \"a\"\n"
    ".balign 64\n"
    ".hidden noci_init_begin\n"
    ".globl noci_init_begin\n"
    "noci_init_begin:\n"
    ".incbin \"" NOCI_INIT_IMAGE "\"\n"
    ".hidden noci_init_end\n"
    ".globl noci_init_end\n"
    "noci_init_end:\n"
    ".popsection\n");

extern "C" const char noci_init_begin[];
extern "C" const char noci_init_end[];

namespace noci {

std::string_view init_image() { return {noci_init_begin, static_cast<size_t>(noci_init_end - noci_init_begin)}; }

}  // namespace noci
