#include <fcntl.h>
#include <string.h>

#include "../../kernel/inode.h"
#include "../../kernel/weakened.h"
#include "../inside.h"
#include "../passwd.h"
#include "../step.h"

namespace {

constexpr char kHome[] = "HOME=";

bool is_home(const char* entry) { return strncmp(entry, kHome, strlen(kHome)) == 0; }

/** Of several the last counts, as for getenv in most shells and for Go. */
bool has_home(char* const* entries) {
  bool found = false;
  for (; *entries != nullptr; entries++) {
    if (is_home(*entries)) found = (*entries)[strlen(kHome)] != '\0';
  }
  return found;
}

size_t count_of(char* const* entries) {
  size_t count = 0;
  while (entries[count] != nullptr) count++;
  return count;
}

/**
 * Where /etc/passwd says it is, "/" when that cannot be relied on. Opening must neither block nor take a terminal: the image
 * may hold a FIFO or a tty there.
 */
const char* home_of(Context& context, unsigned uid) {
  const Fd file = WEAKENED("S34")
                      ? open_inside("/etc/passwd", O_RDONLY)
                      : open_expected_inside("/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, kernel::is_regular_file);
  const char* const home = file.open() ? passwd_home(context.scratch, file.get(), uid) : nullptr;
  return home == nullptr ? "/" : home;
}

/** `entries` without any HOME, and HOME at the end. */
char** with_home(Context& context, char* const* entries, unsigned uid) {
  char** const whole = static_cast<char**>(context.lasting.take((count_of(entries) + 2) * sizeof(char*)));
  char** next = whole;
  for (; *entries != nullptr; entries++) {
    if (!is_home(*entries)) *next++ = *entries;
  }
  *next = const_cast<char*>(context.lasting.join(kHome, home_of(context, uid)));
  return whole;
}

}  // namespace

/**
 * process.env, for lookups, hooks and execve. HOME is what /etc/passwd of the container has for `uid` when it is absent or
 * empty.
 */
Result step_environment(Context& context, Fields& fields) {
  char** const entries = fields.texts().vector(context.lasting);
  const unsigned uid = static_cast<unsigned>(fields.integer());
  context.environment = has_home(entries) ? entries : with_home(context, entries, uid);
  return ok();
}
