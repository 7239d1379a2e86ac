#ifndef NOCI_PARENT_DEPARTURE_H
#define NOCI_PARENT_DEPARTURE_H

#include <cstdint>

namespace noci {

/**
 * That a child of clone3(CLONE_VM) has left this memory, by execve(2) or by its end. CLONE_VFORK would do, but nothing except
 * a fatal signal ends that wait. CLONE_CHILD_CLEARTID: at the same moment the kernel clears a word and wakes who waits for it.
 */
class Departure {
 public:
  /** For child_tid of clone3(2). */
  uint64_t address() const { return reinterpret_cast<uint64_t>(&word_); }
  /** False after `timeout` milliseconds, -1 for no end. */
  bool wait(int timeout) const;

 private:
  volatile uint32_t word_ = 1;
};

}  // namespace noci

#endif
