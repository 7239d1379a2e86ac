import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** KEY_USR_SEARCH: whoever has the uid that owns the keyring may search it. keyctl_setperm(3) */
const userSearch = 0x80000;

/** A session keyring of the container's own: the caller's keys must not be reachable from inside. session-keyring(7) */
export const sessionKeyring: Planner = ({ options }) =>
  options.noNewKeyring
    ? []
    : [planned({ step: 'session_keyring', name: `_ses.${options.id}`, permissions: userSearch })];
