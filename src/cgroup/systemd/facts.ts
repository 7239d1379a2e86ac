import type { HostFacts } from '../../host/facts.ts';
import type { Native } from '../../native/contract.ts';
import { Failure } from '../../native/failure.ts';
import type { SystemdEndpoint } from '../../plan/plan.ts';
import { type Connection, closing, driver, openConnection } from './connection.ts';
import { cure, type SystemdInstance, systemdInstance } from './instance.ts';
import { managerProperty } from './systemd1.ts';

/** What a plan may depend on. Nothing is asked of systemd before it is needed, and then once. */
export interface SystemdFacts extends SystemdInstance {
  /** the number before the first dot: "257.13-1~deb13u1" is 257 */
  version(): number;
  /** the cgroup below which this systemd makes its units, '' for the root */
  controlGroup(): string;
}

/** A connection that must be there. The caller closes. */
export function requireConnection(native: Native, endpoints: readonly SystemdEndpoint[]): Connection {
  const connection = openConnection(native, endpoints);
  if (connection !== undefined) return connection;
  const paths = endpoints.map(({ path }) => path).join(' and ');
  throw new Failure(`${driver}: systemd cannot be reached: nobody listens at ${paths}; ${cure}`);
}

/** "v245.4-1.fc32", "257.13-1~deb13u1", "252" */
export function parseVersion(text: string): number {
  const [, digits] = /^v?(\d{1,6})/.exec(text) ?? [];
  if (digits === undefined) throw new Failure(`${driver}: "${text}" is no version of systemd`);
  return Number(digits);
}

/** systemd escapes nothing in it; what could lead elsewhere is not believed. */
function checkControlGroup(path: string): string {
  const names = path.split('/').slice(1);
  const isPath =
    path === '' || (path.startsWith('/') && names.every((name) => name !== '' && name !== '.' && name !== '..'));
  if (!isPath && path !== '/') throw new Failure(`${driver}: ${JSON.stringify(path)} is no cgroup of systemd`);
  return path === '/' ? '' : path;
}

/** The facts of the systemd that is responsible for the caller. @throws Failure when it cannot be told where it is */
export function probeSystemd(native: Native, facts: HostFacts, rootless: boolean | 'auto'): SystemdFacts {
  const where = systemdInstance(native, facts, rootless);
  const ask = (name: 'Version' | 'ControlGroup') =>
    closing(requireConnection(native, where.endpoints), (connection) => managerProperty(connection, name));
  let version: number | undefined;
  let controlGroup: string | undefined;
  return {
    ...where,
    version: () => {
      version ??= parseVersion(ask('Version'));
      return version;
    },
    controlGroup: () => {
      controlGroup ??= checkControlGroup(ask('ControlGroup'));
      return controlGroup;
    },
  };
}
