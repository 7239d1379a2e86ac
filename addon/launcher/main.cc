// The executable that runs in Node.js. It becomes Node.js with the script beside it that has its name and .cjs at the end.
//
// Before the first line of JavaScript Node.js has opened fds of its own, raised the soft limit of open files to the hard one and
// obeyed NODE_OPTIONS and dozens of other variables, whatever the caller of a privileged program meant by them. So this comes
// first: it looks at what the process was given, hides the variables, and tells the addon (addon/node/launched.cc), which undoes
// it for all that is started. word.h has what is said.
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../kernel/set_user_id.h"
#include "../kernel/stdio.h"
#include "word.h"

extern char** environ;

namespace {

constexpr int kFailure = 1;

/** In the form of noci's own records. */
[[noreturn]] void die(const char* what, const char* cause) {
  dprintf(STDERR_FILENO, "level=error msg=\"%s: %s\"\n", what, cause);
  _exit(kFailure);
}

void* memory(size_t size) {
  void* const taken = malloc(size);
  if (taken == nullptr) die("malloc", strerror(errno));
  return taken;
}

/** No string of an environment may be longer: MAX_ARG_STRLEN, execve(2). */
char word[32 * 4096];
size_t used = 0;

template <typename... Values>
void say(const char* format, Values... values) {
  const int length = snprintf(word + used, sizeof word - used, format, values...);
  if (length < 0 || static_cast<size_t>(length) >= sizeof word - used) die("inherited fds", "there are too many");
  used += static_cast<size_t>(length);
}

void say_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) die("getrlimit", strerror(errno));
  say("%s%d %llu ", kLaunched, getpid(), static_cast<unsigned long long>(limit.rlim_cur));
}

/** procfs lists them in ascending order. */
void say_fds() {
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == nullptr) die("open /proc/self/fd", strerror(errno));
  int first = -1;
  int last = -1;
  while (const dirent* entry = readdir(directory)) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(directory)) continue;
    if (first >= 0 && fd != last + 1) {
      say("%d-%d,", first, last);
      first = fd;
    }
    if (first < 0) first = fd;
    last = fd;
  }
  if (first >= 0) say("%d-%d,", first, last);
  closedir(directory);
}

char* hidden(const char* variable) {
  const size_t size = strlen(variable) + 1;
  char* const text = static_cast<char*>(memory(size + 1));
  text[0] = kHidden;
  memcpy(text + 1, variable, size);
  return text;
}

size_t count_of(char* const* texts) {
  size_t count = 0;
  while (texts[count] != nullptr) count++;
  return count;
}

char** environment() {
  char** const all = static_cast<char**>(memory((count_of(environ) + 2) * sizeof(char*)));
  char** next = all;
  *next++ = word;
  for (char** variable = environ; *variable != nullptr; variable++) *next++ = hidden(*variable);
  *next = nullptr;
  return all;
}

char* script() {
  constexpr char kExtension[] = ".cjs";
  char* const path = static_cast<char*>(memory(PATH_MAX + sizeof kExtension));
  const ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
  if (length < 0) die("readlink /proc/self/exe", strerror(errno));
  memcpy(path + length, kExtension, sizeof kExtension);
  return path;
}

/** Node.js, the script, and the command line as it is, with the name that this was called by. */
char** arguments(char** own) {
  const size_t count = count_of(own);
  char** const all = static_cast<char**>(memory((count + 3) * sizeof(char*)));
  all[0] = const_cast<char*>(NOCI_NODE);
  all[1] = script();
  memcpy(all + 2, own, (count + 1) * sizeof(char*));
  return all;
}

}  // namespace

int main(int, char** own) {
  if (!kernel::occupy_stdio()) return kFailure;
  if (kernel::is_set_user_id()) die("start", kernel::kSetUserIdRefused);
  say_limit();
  say_fds();
  execve(NOCI_NODE, arguments(own), environment());
  die("exec " NOCI_NODE, strerror(errno));
}
