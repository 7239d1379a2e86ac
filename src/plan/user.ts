import { capabilityMasks } from './capabilities.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';
import { hasMountNamespace } from './rootfs.ts';
import { groupsAllowed } from './user-namespace.ts';

/** What runc sets when `process.user.umask` is absent. */
const defaultUmask = 0o022;

/**
 * `process.user.umask`. By default a container with a mount namespace gets runc's; one without keeps the runtime's own, as
 * there. umask(2)
 */
export const umask: Planner = (input) => {
  const configured = configuredUmask(input);
  if (configured.length > 0) return configured;
  return hasMountNamespace(input) ? [planned({ step: 'umask', mask: defaultUmask })] : [];
};

/** `process.user.umask` alone: without it a process of `exec` has the runtime's own, as in runc. */
export const configuredUmask: Planner = ({ process }) => {
  const mask = process.user?.umask;
  return mask === undefined ? [] : [planned({ step: 'umask', mask }, '/process/user/umask')];
};

/**
 * `process.user` and `process.capabilities`. setgroups is called even for an empty list, so that none of the runtime's
 * groups is left (CVE-2022-2989 and its kind); only a runtime without privileges may not.
 */
export const credentials: Planner = (input) => {
  const { process, facts } = input;
  const { uid = 0, gid = 0, additionalGids: groups = [] } = process.user ?? {};
  const setgroups = groupsAllowed(input) ? 1 : 0;
  const setCapabilities = process.capabilities ? 1 : 0;
  const masks = capabilityMasks(process.capabilities, facts.boundingSet);
  const { cwd } = process;
  return [
    planned({ step: 'credentials', uid, gid, groups, setgroups, cwd, setCapabilities, ...masks }, '/process/user'),
  ];
};
