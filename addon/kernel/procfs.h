#ifndef NOCI_KERNEL_PROCFS_H
#define NOCI_KERNEL_PROCFS_H

#include "fd.h"
#include "result.h"

namespace kernel {

constexpr unsigned long kProcMagic = 0x9fa0;
/** PROC_ROOT_INO: the inode number of the root of every procfs. */
constexpr unsigned long kProcRootInode = 1;

/** All of procfs, or processes only: subset=pid and hidepid=ptraceable, which a kernel before 5.8 does without. */
enum class ProcfsSubset { kAll, kPid };

/** A procfs that is mounted nowhere: nobody else can put anything over its files (CVE-2025-52881). fsopen(2), proc(5) */
Result open_procfs(ProcfsSubset subset, Fd& procfs);

/**
 * Opens `path`, relative and without magic links, below `procfs`; the file is checked to be of procfs. Neither creates nor
 * truncates. O_CLOEXEC is added to `flags`.
 */
Result open_in_procfs(int procfs, const char* path, int flags, Fd& file);

}  // namespace kernel

#endif
