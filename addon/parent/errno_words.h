#ifndef NOCI_PARENT_ERRNO_WORDS_H
#define NOCI_PARENT_ERRNO_WORDS_H

namespace noci {

/**
 * errno in words as Go's syscall package has them ("no such file or directory"): callers of runc match on these, and
 * strerror(3) differs between glibc and musl. A number without words is "errno 12345", as in Go.
 */
const char* errno_words(int error);

/** "ENOENT"; "" for a number without a name. */
const char* errno_name(int error);

}  // namespace noci

#endif
