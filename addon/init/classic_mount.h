#ifndef NOCI_INIT_CLASSIC_MOUNT_H
#define NOCI_INIT_CLASSIC_MOUNT_H

#include "../kernel/fd.h"
#include "../kernel/result.h"
#include "context.h"
#include "step.h"

/**
 * Whether fsconfig(2) cannot take these parameters: it cuts no value, it refuses those over 255 bytes. The layers of an
 * overlay are longer soon.
 */
bool needs_classic_mount(Texts parameters);

/**
 * mount(2) of a new filesystem, all parameters in one page. `made` is detached, as fsmount(2) would give it: the filesystem is
 * first mounted in a tmpfs of our own that covers `target` for the moment, where no path is anybody else's. `path` is for
 * errors only.
 */
Result classic_mount(Context& context, const char* type, const char* source, Texts parameters, int target, const char* path, Fd& made);

#endif
