#ifndef NOCI_PARENT_RAW_SYSCALL_H
#define NOCI_PARENT_RAW_SYSCALL_H

namespace noci {

/**
 * A syscall without a C library: returns -errno, touches no errno and no thread-local storage. For the child of a
 * clone3(CLONE_VM).
 */
inline long raw_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
#else
#error "noci runs on x86-64 and aarch64"
#endif
}

inline long raw_pointer(const void* pointer) { return reinterpret_cast<long>(pointer); }

}  // namespace noci

#endif
