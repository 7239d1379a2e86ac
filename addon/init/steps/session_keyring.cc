#include <errno.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../kernel/weakened.h"
#include "../step.h"

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

long keyctl(int operation, unsigned long second, unsigned long third = 0, unsigned long fourth = 0) {
  return syscall(SYS_keyctl, operation, second, third, fourth, 0);
}

/** Permissions as KEYCTL_DESCRIBE tells them: "type;uid;gid;permissions in hex;description". False: not of that form. */
bool parse_permissions(const char* description, uint32_t& permissions) {
  const char* field = description;
  for (int separators = 0; separators < 3; separators++) {
    field = strchr(field, ';');
    if (field == nullptr) return false;
    field++;
  }
  const char* digit = field;
  for (; *digit != ';'; digit++) {
    const char* const found = *digit == '\0' ? nullptr : strchr(kHexDigits, *digit);
    if (found == nullptr) return false;
    permissions = permissions << 4 | static_cast<uint32_t>(found - kHexDigits);
  }
  return digit != field;
}

/** Adds to the permissions of `keyring`. One with permissions that nobody wanted is worse than none: every error counts. */
Result permit(unsigned long keyring, const char* name, uint32_t additional) {
  char description[512] = {};
  if (keyctl(KEYCTL_DESCRIBE, keyring, reinterpret_cast<unsigned long>(description), sizeof description - 1) < 0)
    return failed("keyctl(KEYCTL_DESCRIBE)", errno, name);
  uint32_t permissions = 0;
  if (!parse_permissions(description, permissions)) return failed("keyctl(KEYCTL_DESCRIBE)", EINVAL, name);
  if (keyctl(KEYCTL_SETPERM, keyring, permissions | additional) != 0)
    return failed("keyctl(KEYCTL_SETPERM)", errno, name);
  return ok();
}

}  // namespace

/**
 * Leaves the caller's session keyring for one of the container's own. keyrings(7)
 *
 * A kernel without keyrings has none to leak: ENOSYS warns only.
 */
Result step_session_keyring(Context& context, Fields& fields) {
  const char* const name = fields.text();
  if (WEAKENED("S36")) return ok();
  const uint32_t additional = static_cast<uint32_t>(fields.integer());
  const long keyring = keyctl(KEYCTL_JOIN_SESSION_KEYRING, reinterpret_cast<unsigned long>(name));
  if (keyring >= 0) return permit(static_cast<unsigned long>(keyring), name, additional);
  if (errno != ENOSYS) return failed("keyctl(KEYCTL_JOIN_SESSION_KEYRING)", errno, name);
  context.warn("session keyring: function not implemented");
  return ok();
}
