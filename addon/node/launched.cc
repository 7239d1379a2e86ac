// Takes what addon/launcher says when Node.js loads the addon: before any JavaScript of ours, which then finds everything as it
// does in the standalone executable. Without a launcher, in somebody's program that imports the library, nothing is done.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "launcher/word.h"
#include "parent/inherited_fds.h"
#include "parent/nofile_limit.h"

namespace noci {
namespace {

/** "FIRST-LAST,FIRST-LAST," */
std::vector<int> fds_of(char* text) {
  std::vector<int> fds;
  while (*text != '\0') {
    const long first = strtol(text, &text, 10);
    const long last = strtol(text + 1, &text, 10);
    for (long fd = first; fd <= last; fd++) fds.push_back(static_cast<int>(fd));
    text++;
  }
  return fds;
}

/** The caller's variables under their own names again, where they are. */
void reveal(char** variables) {
  environ = variables;
  for (; *variables != nullptr; variables++) {
    if (**variables == kHidden) ++*variables;
  }
}

void take(char* text) {
  if (strtol(text, &text, 10) != getpid()) return;
  nofile_limit_was(strtoull(text, &text, 10));
  inherited_fds_are(fds_of(text + 1));
  reveal(environ + 1);
  // Node.js would open a port for debuggers.
  signal(SIGUSR1, SIG_DFL);
}

[[gnu::constructor]] void loaded() {
  constexpr size_t kLength = sizeof kLaunched - 1;
  if (environ == nullptr || environ[0] == nullptr) return;
  if (strncmp(environ[0], kLaunched, kLength) == 0) take(environ[0] + kLength);
}

}  // namespace
}  // namespace noci
