#include <string.h>

#include "../lookup.h"
#include "../preserved_fds.h"
#include "../step.h"
#include "../working_directory.h"

namespace {

/** The value of PATH; of several the last counts. nullptr without one. */
const char* path_of(char* const* environment) {
  constexpr char kPath[] = "PATH=";
  const char* value = nullptr;
  for (; environment != nullptr && *environment != nullptr; environment++) {
    if (strncmp(*environment, kPath, strlen(kPath)) == 0) value = *environment + strlen(kPath);
  }
  return value;
}

/** The directories that init still holds: from here on a path like /proc/self/fd/7 finds none of them. */
void close_directories(Context& context) {
  context.hostRoot.reset();
  context.root.reset();
  context.procfs.reset();
  context.sysctls.reset();
  context.emptyDirectory.reset();
  context.nullDevice.reset();
}

}  // namespace

/**
 * Finds args[0] as the container's user and in the container's working directory, at create time, so that the error
 * reaches the caller of create. A working directory outside of the container is refused first (CVE-2024-21626).
 */
Result step_lookup(Context& context, Fields& fields) {
  close_directories(context);
  NOCI_TRY(preserved_fds_place(context));
  NOCI_TRY(working_directory_inside(context));
  return lookup_executable(context.lasting, fields.text(), path_of(context.environment), context.executable);
}
