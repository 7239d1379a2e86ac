#include <errno.h>
#include <unistd.h>

#include "../../kernel/weakened.h"
#include "../capability_sets.h"
#include "../credential_change.h"
#include "../errno_words.h"
#include "../filter.h"
#include "../identity.h"
#include "../quoted.h"
#include "../step.h"
#include "../working_directory.h"

namespace {

/** The fields of the step; see steps/table.def. */
struct Credentials {
  Identity identity;
  const char* cwd;
  bool setCapabilities;
  CapabilitySets sets;
};

Result read_fields(Context& context, Fields& fields, Credentials& credentials) {
  credentials.identity.uid = fields.integer();
  credentials.identity.gid = fields.integer();
  NOCI_TRY(identity_groups(context.scratch, fields.integers(), credentials.identity));
  credentials.identity.setgroups = fields.flag();
  credentials.cwd = fields.text();
  credentials.setCapabilities = fields.flag();
  CapabilitySets& sets = credentials.sets;
  sets.bounding = fields.number();
  sets.effective = fields.number();
  sets.permitted = fields.number();
  sets.inheritable = fields.number();
  sets.ambient = fields.number();
  if (WEAKENED("S29") || WEAKENED("S30")) sets.inheritable = sets.permitted;
  if (WEAKENED("S30")) sets.ambient = sets.permitted;
  return ok();
}

/** Before the change of ids, which only root can do. */
Result prepare_capabilities(const Credentials& credentials) {
  if (!credentials.setCapabilities) return ok();
  NOCI_TRY(capabilities_bound(credentials.sets.bounding));
  return capabilities_keep(true);
}

/** After it: before, the change itself would alter the sets. */
Result finish_capabilities(Context& context, const Credentials& credentials) {
  if (!credentials.setCapabilities) return capabilities_ambient(context, 0);
  NOCI_TRY(capabilities_keep(false));
  NOCI_TRY(capabilities_set(credentials.sets));
  return capabilities_ambient(context, credentials.sets.ambient);
}

Result cwd_error(Context& context, const char* cwd) {
  Arena& arena = context.lasting;
  const char* const words = errno_words(arena, errno);
  return refused(arena.join("chdir to cwd (", quoted(arena, cwd), ") set in config.json failed: ", words));
}

/** The user may not be let in where root is, or the other way round (a volume of NFS): one of both has to be. */
bool denied(int error) { return error == EACCES || error == EPERM; }

/** A profile that is in force from here on: what it may not let init find out is found out before. */
Result load_filter(Context& context, bool entered) {
  if (!context.filter.early) return ok();
  if (entered) NOCI_TRY(working_directory_inside(context));
  return filter_load_kept(context, true);
}

}  // namespace

/**
 * process.user, process.cwd and process.capabilities, in the only order in which each right is still there when it is
 * needed. Without capabilities in config.json the kernel's rules alone apply: uid 0 keeps them, another uid loses them.
 */
Result step_credentials(Context& context, Fields& fields) {
  Credentials credentials = {};
  NOCI_TRY(read_fields(context, fields, credentials));
  const CredentialChange change;
  NOCI_TRY(prepare_capabilities(credentials));
  const bool entered = chdir(credentials.cwd) == 0;
  if (!entered && !denied(errno)) return cwd_error(context, credentials.cwd);
  NOCI_TRY(load_filter(context, entered));
  NOCI_TRY(identity_assume(context.lasting, credentials.identity));
  if (!entered && chdir(credentials.cwd) != 0) return cwd_error(context, credentials.cwd);
  NOCI_TRY(finish_capabilities(context, credentials));
  return change.finish();
}
