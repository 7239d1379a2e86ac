#ifndef NOCI_KERNEL_RESULT_H
#define NOCI_KERNEL_RESULT_H

/**
 * How something ended. Fine when neither a syscall nor a text is set.
 *
 * An error is data; the sentence is made where the configuration is known. `path` is the path or subject it was about
 * ("" if none) in the words of the configuration. `text` is a complete text that callers of runc match on; it is null
 * when the syscall and errno say it all.
 *
 * Every pointer outlives the report: literals, the plan, or an arena.
 */
struct [[nodiscard]] Result {
  const char* syscall;
  int error;
  const char* path;
  const char* text;

  bool fine() const { return syscall == nullptr && text == nullptr; }
};

inline Result ok() { return {nullptr, 0, nullptr, nullptr}; }

inline Result failed(const char* syscall, int error, const char* path = "") { return {syscall, error, path, nullptr}; }

/** Refused by a rule and not by the kernel: `text` is the whole sentence. */
inline Result refused(const char* text) { return {nullptr, 0, nullptr, text}; }

/** Leaves the function with the result unless it is fine: the only control flow that a macro hides. */
#define NOCI_TRY(expression)                                                        \
  do {                                                                              \
    if (Result noci_result = (expression); !noci_result.fine()) return noci_result; \
  } while (0)

#endif
