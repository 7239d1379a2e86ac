import { findLink } from '../../host/rtnetlink.ts';
import { AT_FDCWD } from '../../native/open-flags.ts';
import { namespaceEntry } from '../../plan/namespaces.ts';
import { pointer } from '../../plan/pointer.ts';
import { type Problem, problem, problemIf } from '../problem.ts';
import type { HostCheck } from './host-check.ts';

/** The devices are there, and it is another network namespace that they go to. */
export const checkNetDevicesOnHost: HostCheck = (native, { config: { linux = {} } }): Problem[] => {
  const names = Object.keys(linux.netDevices ?? {});
  if (names.length === 0) return [];
  if (native.geteuid() !== 0)
    return [problem('/linux/netDevices', 'network devices are not supported for rootless containers')];
  const path = namespaceEntry(linux, 'network')?.path ?? '';
  const own = native.stat(AT_FDCWD, '/proc/self/ns/net', 0);
  const joined = path === '' ? undefined : native.stat(AT_FDCWD, path, 0);
  if (joined !== undefined && joined.ino === own?.ino && joined.dev === own.dev)
    return [problem('/linux/netDevices', 'unable to move network devices without a private NET namespace')];
  const socket = native.netlinkRoute();
  try {
    return names.flatMap((name) =>
      problemIf(
        findLink(native, socket, name) === undefined,
        pointer('linux', 'netDevices', name),
        `link not found for interface ${name} on runtime namespace`,
      ),
    );
  } finally {
    native.close(socket);
  }
};
