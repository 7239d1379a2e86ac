#include "clone3.h"

#include <sys/syscall.h>

namespace noci {

// The registers that hold `body` and `argument` are callee-saved: the kernel hands them to the child as they were.
// A zero frame pointer ends backtraces there.
[[gnu::noinline]] long clone3_onto_stack(const CloneArguments& args, void (*body)(void*), void* argument) {
#if defined(__x86_64__)
  long result;
  register auto r12 asm("r12") = body;
  register void* r13 asm("r13") = argument;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r13, %%rdi\n\t"
      "call *%%r12\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "a"(SYS_clone3), "D"(&args), "S"(sizeof args), "r"(r12), "r"(r13)
      : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = SYS_clone3;
  register long x0 asm("x0") = reinterpret_cast<long>(&args);
  register long x1 asm("x1") = sizeof args;
  register auto x19 asm("x19") = body;
  register void* x20 asm("x20") = argument;
  asm volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x30, xzr\n\t"
      "mov x0, x20\n\t"
      "blr x19\n\t"
      "brk 1\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x19), "r"(x20)
      : "memory");
  return x0;
#else
#error "noci runs on x86-64 and aarch64"
#endif
}

}  // namespace noci
