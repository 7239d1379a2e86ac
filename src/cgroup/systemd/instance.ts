import type { HostFacts } from '../../host/facts.ts';
import type { Native } from '../../native/contract.ts';
import { Failure } from '../../native/failure.ts';
import { AT_FDCWD } from '../../native/open-flags.ts';
import type { SystemdEndpoint } from '../../plan/plan.ts';
import { driver } from './connection.ts';

/** Which systemd makes the unit, and where it can be reached; systemd's own socket first, for no broker is in between. */
export interface SystemdInstance {
  readonly instance: 'system' | 'user';
  readonly endpoints: readonly SystemdEndpoint[];
}

const system: SystemdInstance = {
  instance: 'system',
  endpoints: [
    { kind: 'private', path: '/run/systemd/private' },
    { kind: 'bus', path: '/run/dbus/system_bus_socket' },
  ],
};

/** "unix:path=/run/user/1000/bus,guid=…": the path of the first address that has one. The D-Bus specification, § Server Addresses */
export function busPath(addresses: string): string | undefined {
  for (const address of addresses.split(';')) {
    const [, path] = /^unix:(?:[^,]*,)*?path=([^,]+)/.exec(address) ?? [];
    if (path !== undefined) return unescapeValue(path);
  }
  return undefined;
}

/** Bytes may be "%20". Those that are no ASCII stay as they are: no path of ours has them. */
function unescapeValue(value: string): string {
  return value.replace(/%([0-7][0-9a-f])/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function userEndpoints(native: Native): SystemdEndpoint[] {
  const directory = native.getenv('XDG_RUNTIME_DIR') ?? '';
  const bus = busPath(native.getenv('DBUS_SESSION_BUS_ADDRESS') ?? '');
  const own: SystemdEndpoint[] = directory.startsWith('/')
    ? [{ kind: 'private', path: `${directory}/systemd/private` }]
    : [];
  const path = bus ?? (directory.startsWith('/') ? `${directory}/bus` : undefined);
  return path?.startsWith('/') ? [...own, { kind: 'bus', path }] : own;
}

/**
 * In a user namespace there can be a whole system with a systemd of its own, which belongs to the root that we are; the host's belongs to
 * nobody whom we can see.
 */
function hasOwnSystem(native: Native): boolean {
  return native.stat(AT_FDCWD, '/run/systemd/system', 0)?.uid === 0;
}

function isUser(native: Native, facts: HostFacts, rootless: boolean | 'auto'): boolean {
  if (rootless !== 'auto') return rootless;
  return facts.euid !== 0 || (facts.inUserNamespace && !hasOwnSystem(native));
}

/**
 * The system's systemd for root, the user's for everybody else, as --rootless says or as it looks.
 *
 * @throws Failure when the environment does not say where the user's is
 */
export function systemdInstance(native: Native, facts: HostFacts, rootless: boolean | 'auto'): SystemdInstance {
  if (!isUser(native, facts, rootless)) return system;
  const endpoints = userEndpoints(native);
  if (endpoints.length > 0) return { instance: 'user', endpoints };
  const reason = 'neither XDG_RUNTIME_DIR nor DBUS_SESSION_BUS_ADDRESS says where it is';
  throw new Failure(`${driver}: the user's systemd cannot be reached: ${reason}; ${cure}`);
}

/** What helps where there is no systemd. */
export const cure = 'leave out --systemd-cgroup (the cgroupfs driver), or start systemd and D-Bus';
