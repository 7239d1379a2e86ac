#ifndef NOCI_INIT_STEP_H
#define NOCI_INIT_STEP_H

#include <stdint.h>

#include "../kernel/fd.h"
#include "../kernel/result.h"
#include "arena.h"
#include "context.h"

/** The fds that came with the plan. */
struct PassedFds {
  int* numbers = nullptr;
  uint32_t count = 0;
};

/** A list of integers of a step: for (long long node : fields.integers()). */
class Integers {
 public:
  class Iterator {
   public:
    explicit Iterator(const uint8_t* at) : at_(at) {}
    long long operator*() const;
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const uint8_t* at_;
  };

  Integers(const uint8_t* items, uint32_t count) : items_(items), count_(count) {}
  uint32_t count() const { return count_; }
  long long at(uint32_t index) const;
  Iterator begin() const { return Iterator(items_); }
  Iterator end() const;

 private:
  const uint8_t* items_;
  uint32_t count_;
};

/** A list of texts of a step: for (const char* entry : fields.texts()). */
class Texts {
 public:
  class Iterator {
   public:
    explicit Iterator(const uint8_t* at) : at_(at) {}
    const char* operator*() const;
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const uint8_t* at_;
  };

  Texts(const uint8_t* items, const uint8_t* end, uint32_t count) : items_(items), end_(end), count_(count) {}
  uint32_t count() const { return count_; }
  Iterator begin() const { return Iterator(items_); }
  Iterator end() const { return Iterator(end_); }
  /** As argv and envp are: pointers into the plan, then `room` + 1 null pointers. */
  char** vector(Arena& arena, uint32_t room = 0) const;

 private:
  const uint8_t* items_;
  const uint8_t* end_;
  uint32_t count_;
};

/** A list of fds of a step. Each can be taken once. */
class Fds {
 public:
  Fds(const uint8_t* items, uint32_t count, PassedFds* passed) : items_(items), count_(count), passed_(passed) {}
  uint32_t count() const { return count_; }
  Fd take(uint32_t index);

 private:
  const uint8_t* items_;
  uint32_t count_;
  PassedFds* passed_;
};

/**
 * The fields of one step, to be taken in the order of steps/table.def. Bounds and types of the whole plan were checked
 * before the first step runs (reader/check.cc), so that none of these can fail.
 */
class Fields {
 public:
  Fields(const uint8_t* at, PassedFds& passed) : at_(at), passed_(&passed) {}

  long long integer();
  uint64_t number() { return static_cast<uint64_t>(integer()); }
  bool flag() { return integer() != 0; }
  /** Ends with a NUL and has none inside. Stays readable until init waits for `start`; see context_shrink. */
  const char* text();
  /** Bytes of any kind, as long as a text is readable. */
  const uint8_t* data(uint32_t& size);
  Fd fd();
  Integers integers();
  Texts texts();
  Fds fds();

  /** Goes over fields of these types (StepEntry), closes the fds among them that nobody took, and says where it got to. */
  const uint8_t* pass(const char* types);

 private:
  uint32_t count();

  const uint8_t* at_;
  PassedFds* passed_;
};

/** A step: `name` is carried out by step_<name> in steps/<name>.cc. */
using StepFunction = Result (*)(Context& context, Fields& fields);

#define STEP(name, types) Result step_##name(Context& context, Fields& fields);
#include "steps/table.def"
#undef STEP

#endif
