#ifndef NOCI_INIT_HOOK_PROCESS_H
#define NOCI_INIT_HOOK_PROCESS_H

#include <sys/types.h>

#include "../kernel/fd.h"

/** What a hook is started with: everything as execve(2) takes it; `cwd` "" to stay where init is. */
struct HookCommand {
  const char* path;
  char* const* args;
  char* const* env;
  const char* cwd;
  mode_t umask;
  /** no fd is open from this number on */
  unsigned fdLimit;
};

/** A running hook and our ends of its pipes, which do not block. */
struct HookProcess {
  pid_t pid = -1;
  Fd input;
  Fd output;
  Fd errors;
};

/** Why a hook did not start, as Go says it: "fork/exec /x: no such file or directory". */
struct HookStartError {
  const char* operation = nullptr;
  const char* subject = "";
  int error = 0;
};

/**
 * Starts `command` in a process group of its own with default signals, SIGKILL when init dies, and no file descriptor
 * but its three pipes. `error.operation` stays nullptr when it runs.
 */
HookProcess hook_start(const HookCommand& command, HookStartError& error);

#endif
