#include "signals.h"

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

/** struct kernel_sigaction; all zero is SIG_DFL without flags. */
struct KernelAction {
  void* handler;
  unsigned long flags;
  void* restorer;
  uint64_t mask;
};

constexpr int kLastSignal = 64;
constexpr int kSigSetmask = 2;

void end_with(int signal) { _exit(128 + signal); }

}  // namespace

void reset_signals() {
  // The raw calls: libc keeps 32 to 34 for its threads and refuses to touch them. SIGKILL and SIGSTOP cannot be changed.
  const KernelAction standard = {};
  for (int signal = 1; signal <= kLastSignal; signal++)
    syscall(SYS_rt_sigaction, signal, &standard, nullptr, sizeof standard.mask);
  const uint64_t none = 0;
  syscall(SYS_rt_sigprocmask, kSigSetmask, &none, nullptr, sizeof none);
}

void end_on_signals() {
  static constexpr int kEnding[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  for (const int number : kEnding) signal(number, end_with);
}
