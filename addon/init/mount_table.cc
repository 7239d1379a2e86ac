#include "mount_table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/procfs.h"

namespace {

constexpr size_t kFirstSize = 16 * 1024;
constexpr size_t kLargest = 16u << 20;

/** Reads to the end, whatever size that turns out to be. */
Result read_text(Context& context, int file, char*& text) {
  for (size_t size = kFirstSize; size <= kLargest; size *= 2) {
    text = static_cast<char*>(context.scratch.take(size));
    size_t length = 0;
    ssize_t got;
    while ((got = pread(file, text + length, size - 1 - length, static_cast<off_t>(length))) > 0) {
      length += static_cast<size_t>(got);
    }
    if (got < 0) return failed("pread", errno, "mountinfo");
    if (length < size - 1) return ok();
  }
  return failed("pread", EFBIG, "mountinfo");
}

bool is_octal(char digit) { return digit >= '0' && digit <= '7'; }

/** Space, tab, newline and backslash are written as \040 and so on. */
void decode(char* text) {
  char* to = text;
  for (const char* from = text; *from != '\0';) {
    if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
      *to++ = static_cast<char>((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
      from += 4;
    } else {
      *to++ = *from++;
    }
  }
  *to = '\0';
}

/** "36 35 98:0 /root /target options [optional…] - type source options". False when it is not that. */
bool parse(char* line, MountLine& mount) {
  char* type = strstr(line, " - ");
  if (type == nullptr) return false;
  mount.type = strtok_r(type + 3, " ", &type);
  char* rest = nullptr;
  strtok_r(line, " ", &rest);
  strtok_r(nullptr, " ", &rest);
  strtok_r(nullptr, " ", &rest);
  mount.root = strtok_r(nullptr, " ", &rest);
  mount.target = strtok_r(nullptr, " ", &rest);
  if (mount.type == nullptr || mount.root == nullptr || mount.target == nullptr) return false;
  decode(mount.root);
  decode(mount.target);
  return true;
}

}  // namespace

Result mount_table(Context& context, MountLine*& last) {
  int procfs = -1;
  NOCI_TRY(context_procfs(context, procfs));
  Fd file;
  NOCI_TRY(kernel::open_in_procfs(procfs, "self/mountinfo", O_RDONLY, file));
  char* text = nullptr;
  NOCI_TRY(read_text(context, file.get(), text));
  last = nullptr;
  char* rest = nullptr;
  for (char* line = strtok_r(text, "\n", &rest); line != nullptr; line = strtok_r(nullptr, "\n", &rest)) {
    MountLine* mount = static_cast<MountLine*>(context.scratch.take(sizeof(MountLine)));
    if (!parse(line, *mount)) return failed("mountinfo", EBADMSG, line);
    mount->previous = last;
    last = mount;
  }
  return ok();
}
