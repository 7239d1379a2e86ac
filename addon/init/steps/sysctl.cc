#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../kernel/inode.h"
#include "../../kernel/procfs.h"
#include "../../kernel/weakened.h"
#include "../inside.h"
#include "../step.h"

namespace {

/** The kernel takes and gives a page at most. */
constexpr size_t kPage = 4096;

/**
 * A whole procfs; the context's has no sys/ (subset=pid). Which network, IPC or UTS namespace a file below sys/ speaks of is
 * decided by who opens it, so any procfs will do.
 *
 * A user namespace that does not own the pid namespace may not make one (EPERM). Then it is the container's, as far as
 * /proc is really the root of one; no mount below it is entered, so that nothing put over a file is written to.
 */
Result open_whole_procfs(Fd& procfs) {
  const Result made = kernel::open_procfs(kernel::ProcfsSubset::kAll, procfs);
  if (made.fine() || made.error != EPERM) return made;
  Fd mounted = open_inside("/proc", O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
  kernel::Inode inode;
  if (!mounted.open() || kernel::filesystem_of(mounted.get()) != kernel::kProcMagic ||
      !kernel::inode_of(mounted.get(), inode) || inode.number != kernel::kProcRootInode)
    return made;
  procfs = static_cast<Fd&&>(mounted);
  return ok();
}

/** sys/ itself, made once for all entries: from it ".." leads nowhere (openat2 RESOLVE_BENEATH). */
Result open_sysctls(Context& context) {
  if (context.sysctls.open()) return ok();
  if (WEAKENED("S13")) {
    context.sysctls = Fd(open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC));
    return ok();
  }
  Fd procfs;
  NOCI_TRY(open_whole_procfs(procfs));
  return kernel::open_in_procfs(procfs.get(), "sys", O_PATH | O_DIRECTORY, context.sysctls);
}

/** The next word of `text`, which moves behind it; its length, 0 at the end. */
size_t next_word(const char*& text, const char*& word) {
  constexpr char kBlank[] = " \t\n";
  word = text + strspn(text, kBlank);
  const size_t length = strcspn(word, kBlank);
  text = word + length;
  return length;
}

/** The kernel puts tabs for blanks, and a vector of which only the first numbers were written shows the others too. */
bool starts_with_words(const char* whole, const char* written) {
  const char* word;
  while (const size_t length = next_word(written, word)) {
    const char* other;
    if (next_word(whole, other) != length || memcmp(word, other, length) != 0) return false;
  }
  return true;
}

/**
 * Reads back what was written. The file is beyond doubt, so a difference only says that the kernel rounds or writes
 * numbers in another way, or that the file cannot be read (net.ipv4.route.flush): worth a warning and no more.
 */
void compare(Context& context, int file, const char* subject, const char* value) {
  char* const text = static_cast<char*>(context.scratch.take(kPage + 1));
  if (pread(file, text, kPage, 0) < 0 || starts_with_words(text, value)) return;
  const size_t last = strlen(text);
  if (last > 0 && text[last - 1] == '\n') text[last - 1] = '\0';
  context.warn(context.scratch.join(subject, ": wrote \"", value, "\", the kernel has \"", text, "\""));
}

/** Opened for both where that is possible. */
Result open_file(int sysctls, const char* key, Fd& file) {
  if (WEAKENED("S13")) {
    file = Fd(openat(sysctls, key, O_RDWR | O_CLOEXEC));
    return file.open() ? ok() : failed("open", errno, key);
  }
  const Result both = kernel::open_in_procfs(sysctls, key, O_RDWR, file);
  return both.fine() || both.error != EACCES ? both : kernel::open_in_procfs(sysctls, key, O_WRONLY, file);
}

}  // namespace

/**
 * One entry of linux.sysctl. `key` was checked by the runtime against what the container's namespaces own (CVE-2022-0811);
 * here it is written where it says and nowhere else: below a procfs nobody else can reach, through an fd checked to be of
 * procfs (CVE-2025-52881). proc_sys(5)
 */
Result step_sysctl(Context& context, Fields& fields) {
  const char* const key = fields.text();
  const char* const value = fields.text();
  const char* const subject = context.lasting.join("/proc/sys/", key);
  NOCI_TRY(open_sysctls(context));
  Fd file;
  const Result opened = open_file(context.sysctls.get(), key, file);
  if (!opened.fine()) return failed("open", opened.error, subject);
  const ssize_t length = static_cast<ssize_t>(strlen(value));
  const ssize_t written = write(file.get(), value, strlen(value));
  if (written != length) return failed("write", written < 0 ? errno : EINVAL, subject);
  compare(context, file.get(), subject, value);
  return ok();
}
