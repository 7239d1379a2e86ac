#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../kernel/procfs.h"
#include "../../kernel/weakened.h"
#include "../step.h"

namespace {

/** Linux 6.8, of one number on every machine; no C library has a function for it. */
constexpr long kLsmSetSelfAttr = 460;

/** struct lsm_ctx of linux/lsm.h; the value follows. */
struct ModuleContext {
  uint64_t module;
  uint64_t flags;
  uint64_t size;
  uint64_t valueSize;
};

bool set_self_attribute(Context& context, uint64_t module, unsigned attribute, const char* value) {
  const size_t length = strlen(value);
  const size_t size = sizeof(ModuleContext) + length;
  auto* const bytes = static_cast<uint8_t*>(context.scratch.take(size));
  const ModuleContext header = {module, 0, size, length};
  memcpy(bytes, &header, sizeof header);
  memcpy(bytes + sizeof header, value, length);
  return syscall(kLsmSetSelfAttr, attribute, bytes, size, 0) == 0;
}

/** ENOENT: the kernel is older than the file. */
Result open_attribute(Context& context, Texts files, Fd& file, const char*& path) {
  Fd procfs;
  NOCI_TRY(kernel::open_procfs(kernel::ProcfsSubset::kPid, procfs));
  Result opened = failed("openat2", ENOENT);
  for (const char* name : files) {
    path = context.lasting.join("/proc/thread-self/attr/", name);
    opened = kernel::open_in_procfs(procfs.get(), path + strlen("/proc/"), O_WRONLY, file);
    if (opened.fine() || opened.error != ENOENT) break;
  }
  return opened.fine() ? opened : failed("open", opened.error, path);
}

Result write_attribute(Context& context, Texts files, const char* value) {
  Fd file;
  const char* path = "";
  NOCI_TRY(open_attribute(context, files, file, path));
  const ssize_t length = static_cast<ssize_t>(strlen(value));
  const ssize_t written = write(file.get(), value, strlen(value));
  return written == length ? ok() : failed("write", written < 0 ? errno : EINVAL, path);
}

}  // namespace

/**
 * What a security module shall make of this process, e.g. at its next execve(2). No file of the container's /proc is used: it could be
 * any other, or have another over it (CVE-2015-1334, CVE-2019-16884, CVE-2025-52881). Nothing is written to a file at all where the
 * kernel has a system call for it.
 */
Result step_security_attribute(Context& context, Fields& fields) {
  const uint64_t module = fields.number();
  const auto attribute = static_cast<unsigned>(fields.number());
  const char* const value = fields.text();
  const Texts files = fields.texts();
  if (WEAKENED("S05")) return ok();
  if (set_self_attribute(context, module, attribute, value)) return ok();
  if (errno != ENOSYS) return failed("lsm_set_self_attr", errno);
  return write_attribute(context, files, value);
}
