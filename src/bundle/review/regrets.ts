import type { Config, LinuxCapabilities, Mount } from '../../oci/types.ts';
import { CAPABILITIES } from '../../plan/capabilities.ts';
import { MOUNT_OPTIONS } from '../../plan/mount-options.ts';
import { hasNamespace } from '../../plan/namespaces.ts';
import { clean } from '../../plan/path.ts';
import { pointer } from '../../plan/pointer.ts';
import { isEmptyProfile } from '../../seccomp/filter.ts';
import { syscallNames } from '../../seccomp/syscall-table.ts';
import { isBind } from '../mount-kind.ts';
import { nearest } from './nearest.ts';

/** What the specification allows and people regret. */
export interface Regret {
  /** a name that stays the same */
  readonly rule: string;
  /** the pointers at which it is so; none: it is not */
  readonly at: (config: Config) => readonly string[];
  /** the consequence, and what would be better */
  readonly message: string;
  /** the kernel refuses it: the container would not start */
  readonly refused?: true;
  readonly aboutName?: true;
}

const when = (yes: boolean, pointer: string): string[] => (yes ? [pointer] : []);

/** Where each entry of a list stands for which `wrong` holds. */
function entries<T>(
  list: readonly T[] | undefined,
  place: string,
  wrong: (entry: T, index: number) => boolean,
): string[] {
  return (list ?? []).flatMap((entry, index) => when(wrong(entry, index), `${place}/${index}`));
}

const isContainerOfHost = ({ linux = {} }: Config): boolean => !hasNamespace(linux, 'user');

const capabilitySets = (config: Config): LinuxCapabilities => config.process?.capabilities ?? {};

type CapabilitySet = keyof LinuxCapabilities & string;

/** Capabilities of one set that another does not have; what nobody knows is told once, by its own row. */
function outside(set: CapabilitySet, other: CapabilitySet): (config: Config) => string[] {
  return (config) => {
    const sets = capabilitySets(config);
    const there = sets[other] ?? [];
    return entries(
      sets[set],
      `/process/capabilities/${set}`,
      (name) => CAPABILITIES.includes(name) && !there.includes(name),
    );
  };
}

/** @param capability one that is as good as being root of the host */
const held = (capability: string, { process, linux = {} }: Config): boolean =>
  !hasNamespace(linux, 'user') && (process?.capabilities?.bounding ?? []).includes(capability);

/** Of the host's own: whoever can write there, or ask that socket, is root of the host. */
const hostPaths: readonly string[] = ['/', '/etc', '/root', '/boot', '/dev', '/proc', '/sys', '/usr', '/var', '/run'];
const engineSocket = /\/(docker|containerd|crio|podman|buildkitd)\.sock$/;

const isReadonly = ({ options = [] }: Mount): boolean => options.includes('ro') || options.includes('rro');

/** A path and every directory above it. */
function upwards(path: string): string[] {
  const above: string[] = [];
  for (let place = path; place !== ''; place = place.slice(0, place.lastIndexOf('/'))) above.push(place);
  return path === '/' ? above : [...above, '/'];
}

const isRemount = ({ options = [] }: Mount): boolean => options.includes('remount');

/** A mount that a later entry covers: it is at the same place, or below. */
function covered({ mounts = [] }: Config): string[] {
  const places = mounts.map(({ destination }) => clean(`/${destination}`));
  const last = new Map(places.flatMap((place, index) => (isRemount(mounts[index] as Mount) ? [] : [[place, index]])));
  return entries(
    mounts,
    '/mounts',
    (mount, index) =>
      !isRemount(mount) && upwards(places[index] as string).some((place) => (last.get(place) ?? -1) > index),
  );
}

/** A string that is no option goes to the filesystem as data; without "=" and near to one it was meant to be that. */
function misspeltOption(option: string): boolean {
  if (Object.hasOwn(MOUNT_OPTIONS, option) || option.includes('=')) return false;
  const meant = nearest(option, Object.keys(MOUNT_OPTIONS));
  return meant !== '' && option.length > 3;
}

let known: ReadonlySet<string> | undefined;

function isSystemCall(name: string): boolean {
  known ??= new Set(syscallNames.split(' '));
  return known.has(name);
}

/** Page tables, stack and pages of the executable are counted too. */
const leastMemory = 6 << 20;

const hostNamespaces = {
  pid: 'it sees the processes of the host, and may signal those of its user',
  mount: 'it mounts and unmounts on the host itself',
  network: 'it has the interfaces, ports and abstract sockets of the host',
  ipc: 'it has the shared memory and message queues of the host',
  uts: 'it has the host name of the host',
} as const;

const platforms = ['windows', 'solaris', 'vm', 'zos', 'freebsd'] as const;

/** THE TABLE: one row each. */
export const regrets: readonly Regret[] = [
  ...Object.entries(hostNamespaces).map(([type, consequence]) => ({
    rule: `host-${type}-namespace`,
    at: ({ linux = {} }: Config) =>
      when(
        !hasNamespace(linux, type as keyof typeof hostNamespaces),
        linux.namespaces ? '/linux/namespaces' : '/linux',
      ),
    message: `no ${type} namespace: ${consequence}; add { "type": "${type}" }`,
  })),
  {
    rule: 'no-seccomp',
    at: ({ linux }) => when(linux?.seccomp === undefined || isEmptyProfile(linux.seccomp), '/linux/seccomp'),
    message: 'no seccomp: every system call of the kernel is open to it; take the profile that your engine has',
  },
  {
    rule: 'seccomp-allows-all',
    at: ({ linux }) =>
      when(
        linux?.seccomp?.defaultAction === 'SCMP_ACT_ALLOW' && (linux.seccomp.syscalls ?? []).length === 0,
        '/linux/seccomp/defaultAction',
      ),
    message: 'a profile that allows every system call forbids none; take the profile that your engine has',
  },
  {
    rule: 'unknown-system-call',
    at: ({ linux }) =>
      (linux?.seccomp?.syscalls ?? []).flatMap(({ names }, index) =>
        entries(
          names,
          `/linux/seccomp/syscalls/${index}/names`,
          (name) => !isSystemCall(name) && nearest(name, syscallNames.split(' ')) !== '',
        ),
      ),
    message: 'no kernel has a system call of this name, so that the rule does nothing for it',
  },
  {
    rule: 'all-capabilities',
    at: (config) =>
      when(
        isContainerOfHost(config) && CAPABILITIES.slice(0, 38).every((name) => held(name, config)),
        '/process/capabilities/bounding',
      ),
    message: 'root with all capabilities and no user namespace is root of the host; list only what is needed',
  },
  {
    rule: 'host-administrator',
    at: (config) =>
      when(
        held('CAP_SYS_ADMIN', config) && !CAPABILITIES.slice(0, 38).every((name) => held(name, config)),
        `/process/capabilities/bounding/${capabilitySets(config).bounding?.indexOf('CAP_SYS_ADMIN')}`,
      ),
    message: 'CAP_SYS_ADMIN without a user namespace can mount, and so is nearly root of the host',
  },
  {
    rule: 'unknown-capability',
    at: (config) =>
      Object.entries(capabilitySets(config)).flatMap(([set, names]) =>
        entries(names as readonly string[], `/process/capabilities/${set}`, (name) => !CAPABILITIES.includes(name)),
      ),
    message: 'the kernel has no capability of this name, and it is ignored',
  },
  {
    rule: 'effective-not-permitted',
    at: outside('effective', 'permitted'),
    message: 'an effective capability has to be in /process/capabilities/permitted too: the kernel refuses it (EPERM)',
    refused: true,
  },
  {
    rule: 'permitted-not-bounding',
    at: outside('permitted', 'bounding'),
    message: 'a capability that is not in /process/capabilities/bounding is lost when the command is executed',
  },
  {
    rule: 'inheritable-not-bounding',
    at: outside('inheritable', 'bounding'),
    message: 'an inheritable capability that is not in /process/capabilities/bounding comes to nothing',
  },
  {
    rule: 'ambient-not-inheritable',
    at: outside('ambient', 'inheritable'),
    message: 'an ambient capability has to be in /process/capabilities/inheritable too, else it is not raised',
  },
  {
    rule: 'ambient-not-permitted',
    at: outside('ambient', 'permitted'),
    message: 'an ambient capability has to be in /process/capabilities/permitted too, else it is not raised',
  },
  {
    rule: 'memory-too-small',
    at: ({ linux }) => {
      const limit = Number(linux?.resources?.memory?.limit ?? 0);
      return when(limit > 0 && limit < leastMemory, '/linux/resources/memory/limit');
    },
    message: 'few programs start with less than 6 MiB (6291456), the least that Docker takes: the kernel kills them',
  },
  {
    rule: 'reservation-above-limit',
    at: ({ linux }) => {
      const { limit = 0, reservation = 0 } = linux?.resources?.memory ?? {};
      return when(limit > 0 && reservation > limit, '/linux/resources/memory/reservation');
    },
    message: 'a reservation above the limit does nothing: the limit comes first',
  },
  {
    rule: 'no-oom-killer',
    at: ({ linux }) =>
      when(linux?.resources?.memory?.disableOOMKiller === true, '/linux/resources/memory/disableOOMKiller'),
    message: 'without the OOM killer a container at its limit stands still until somebody raises it; leave it out',
  },
  {
    rule: 'unkillable',
    at: ({ process }) => when(Number(process?.oomScoreAdj ?? 0) === -1000, '/process/oomScoreAdj'),
    message: 'the kernel never kills this process when memory is short, but takes others of the host; -999 is enough',
  },
  {
    rule: 'too-few-processes',
    at: ({ linux }) => {
      const limit = Number(linux?.resources?.pids?.limit ?? 0);
      return when(limit > 0 && limit < 4, '/linux/resources/pids/limit');
    },
    message: 'threads count too: with so few most programs cannot start',
  },
  {
    rule: 'all-devices',
    at: ({ linux }) =>
      entries(
        linux?.resources?.devices,
        '/linux/resources/devices',
        ({ allow, type, major, minor }) =>
          allow && (type === undefined || type === 'a') && (major ?? -1) === -1 && (minor ?? -1) === -1,
      ),
    message: 'every device of the host, its disks too, is open; begin with { "allow": false, "access": "rwm" }',
  },
  {
    rule: 'host-path',
    at: ({ mounts }) =>
      entries(
        mounts,
        '/mounts',
        (mount) => isBind(mount) && !isReadonly(mount) && hostPaths.includes(clean(mount.source ?? '')),
      ).map((place) => `${place}/source`),
    message:
      'a folder of the host itself can be written to by root of the container; add the option "ro", or bind less',
  },
  {
    rule: 'engine-socket',
    at: ({ mounts }) =>
      entries(mounts, '/mounts', (mount) => isBind(mount) && engineSocket.test(mount.source ?? '')).map(
        (place) => `${place}/source`,
      ),
    message: 'whoever can ask this socket is root of the host, read-only or not',
  },
  {
    rule: 'mount-covered',
    at: covered,
    message: 'a later entry of /mounts is mounted over this one, which nobody sees then; put the outer one first',
  },
  {
    rule: 'misspelt-option',
    at: ({ mounts = [] }) =>
      mounts.flatMap(({ options }, index) => entries(options, `/mounts/${index}/options`, misspeltOption)),
    message: 'this is no option of mount(8), and goes to the filesystem, which may refuse it',
  },
  {
    rule: 'no-proc',
    at: ({ mounts = [], linux = {} }) =>
      when(
        hasNamespace(linux, 'mount') && !mounts.some(({ destination }) => /^\/?(proc\/?)?$/.test(destination ?? '')),
        '/mounts',
      ),
    message: 'no /proc: many programs, and exec of a container with a security label, need it',
  },
  {
    rule: 'no-masked-paths',
    at: (config) =>
      when(
        isContainerOfHost(config) &&
          (config.linux?.maskedPaths ?? []).length === 0 &&
          (config.mounts ?? []).some(({ type }) => type === 'proc'),
        '/linux/maskedPaths',
      ),
    message:
      'nothing of /proc is masked: root of the container reads keys and memory of the kernel; take those of noci spec',
  },
  {
    rule: 'shared-propagation',
    at: ({ linux }) => when(/^r?shared$/.test(linux?.rootfsPropagation ?? ''), '/linux/rootfsPropagation'),
    message: 'what the container mounts appears on the host and stays there; "rslave" lets mounts in and not out',
  },
  {
    rule: 'root-mapped-to-root',
    at: ({ linux }) => entries(linux?.uidMappings, '/linux/uidMappings', ({ hostID }) => Number(hostID) === 0),
    message: 'root of the host is in the map: the files of root are theirs; map ids that nobody else has',
  },
  {
    rule: 'no-path',
    at: ({ process }) =>
      when(
        process !== undefined &&
          process.args?.[0]?.includes('/') === false &&
          (process.env ?? []).every((entry) => !entry.startsWith('PATH=')),
        '/process/args/0',
      ),
    message: 'without PATH in /process/env a command is not found by its name alone; give its path, or PATH',
  },
  {
    rule: 'variable-twice',
    at: ({ process }) => {
      const names = (process?.env ?? []).map((entry) => entry.slice(0, entry.indexOf('=') + 1));
      return entries(names, '/process/env', (name, index) => name !== '' && names.indexOf(name, index + 1) !== -1);
    },
    message: 'the same variable follows once more, and that one counts',
  },
  {
    rule: 'no-terminal',
    at: ({ process }) => when(process?.consoleSize !== undefined && process.terminal !== true, '/process/consoleSize'),
    message: 'a size of the terminal is ignored without "terminal": true',
  },
  {
    rule: 'deprecated-hook',
    at: ({ hooks }) => when((hooks?.prestart ?? []).length > 0, '/hooks/prestart'),
    message: 'prestart is deprecated; createRuntime is called at the same moment, createContainer inside',
  },
  ...platforms.map((platform) => ({
    rule: 'other-platform',
    at: (config: Config) => when(config[platform] !== undefined, pointer(platform)),
    message: 'this is for another platform and ignored on Linux',
    aboutName: true as const,
  })),
  {
    rule: 'other-platform',
    at: ({ process }) => [
      ...when(process?.commandLine !== undefined, '/process/commandLine'),
      ...when(process?.user?.username !== undefined, '/process/user/username'),
    ],
    message: 'this is for Windows and ignored on Linux',
    aboutName: true,
  },
];
