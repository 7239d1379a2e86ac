#include "passwd.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr off_t kMaximum = 1 << 20;
/** name:password:uid:gid:comment:home:shell */
constexpr size_t kFields = 7;
constexpr size_t kUid = 2;
constexpr size_t kHome = 5;

/** Cuts `line` at its colons; false unless there are seven fields. */
bool split(char* line, char* fields[kFields]) {
  size_t count = 0;
  for (char* field = line; field != nullptr; count++) {
    if (count == kFields) return false;
    char* const colon = strchr(field, ':');
    if (colon != nullptr) *colon = '\0';
    fields[count] = field;
    field = colon == nullptr ? nullptr : colon + 1;
  }
  return count == kFields;
}

/** Decimal digits and nothing else; false also for what is no uid ((uid_t)-1 means "none"). */
bool parse_uid(const char* text, unsigned& uid) {
  unsigned long long value = 0;
  const char* digit = text;
  for (; *digit >= '0' && *digit <= '9'; digit++) {
    value = value * 10 + static_cast<unsigned>(*digit - '0');
    if (value >= 0xffffffff) return false;
  }
  uid = static_cast<unsigned>(value);
  return digit != text && *digit == '\0';
}

/** The home of `line` when it is about `uid`, else nullptr. */
const char* home_in(char* line, unsigned uid) {
  char* fields[kFields];
  unsigned found = 0;
  if (!split(line, fields) || !parse_uid(fields[kUid], found) || found != uid) return nullptr;
  return fields[kHome][0] == '/' ? fields[kHome] : nullptr;
}

/** Reads up to `size` bytes; the number of bytes, 0 for an error too. */
size_t read_start(int file, char* buffer, size_t size) {
  size_t total = 0;
  while (total < size) {
    const ssize_t length = read(file, buffer + total, size - total);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return length == 0 ? total : 0;
    total += static_cast<size_t>(length);
  }
  return total;
}

}  // namespace

const char* passwd_home(Arena& scratch, int file, unsigned uid) {
  struct stat status = {};
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  // What is appended meanwhile is not waited for, and a file that has no size (those of procfs) is no passwd.
  const size_t size = status.st_size < kMaximum ? static_cast<size_t>(status.st_size) : kMaximum;
  char* const text = static_cast<char*>(scratch.take(size + 1));
  char* const end = text + read_start(file, text, size);
  for (char* line = text; line < end;) {
    char* newline = static_cast<char*>(memchr(line, '\n', static_cast<size_t>(end - line)));
    if (newline == nullptr) newline = end;
    *newline = '\0';
    // A line with a NUL inside reads differently to everybody, so it says nothing.
    const bool sound = strlen(line) == static_cast<size_t>(newline - line);
    const char* const home = sound ? home_in(line, uid) : nullptr;
    if (home != nullptr) return home;
    line = newline + 1;
  }
  return nullptr;
}
