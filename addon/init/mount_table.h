#ifndef NOCI_INIT_MOUNT_TABLE_H
#define NOCI_INIT_MOUNT_TABLE_H

#include "../kernel/result.h"
#include "context.h"

/** One line of /proc/self/mountinfo, decoded. proc_pid_mountinfo(5) */
struct MountLine {
  /** what of the filesystem is mounted; "/" is all of it */
  char* root;
  char* target;
  char* type;
  /** the line before this one */
  MountLine* previous;
};

/** The mount namespace's mounts, the last one first; in the context's scratch. */
Result mount_table(Context& context, MountLine*& last);

#endif
