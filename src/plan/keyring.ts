import { hasNamespace } from './namespaces.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** KEY_OTH_SEARCH: in a user namespace the uid that owns the keyring need not be one that the container has. keyctl_setperm(3) */
const otherSearch = 0x8;

/** KEY_USR_SEARCH: whoever has the uid that owns the keyring may search it. keyctl_setperm(3) */
const userSearch = 0x80000;

/** A session keyring of the container's own: the caller's keys must not be reachable from inside. session-keyring(7) */
export const sessionKeyring: Planner = ({ options, linux }) => {
  if (options.noNewKeyring) return [];
  const permissions = hasNamespace(linux, 'user') ? otherSearch : userSearch;
  return [planned({ step: 'session_keyring', name: `_ses.${options.id}`, permissions })];
};
