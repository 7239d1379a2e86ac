#ifndef NOCI_KERNEL_FD_H
#define NOCI_KERNEL_FD_H

#include <unistd.h>

/** An open file descriptor with one owner. -1 is none. */
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(other.release()) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }

  int get() const { return number_; }
  bool open() const { return number_ >= 0; }

  /** Gives the number away; nobody closes it any more. */
  int release() {
    const int number = number_;
    number_ = -1;
    return number;
  }

  void reset(int number = -1) {
    if (number_ >= 0) ::close(number_);
    number_ = number;
  }

 private:
  int number_ = -1;
};

#endif
