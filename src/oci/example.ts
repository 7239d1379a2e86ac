import type { Config, Linux, Mount } from './types.ts';
import { ociVersion } from './version.ts';

/** What `spec` needs to know of the caller and the host. */
export interface ExampleOptions {
  /** for a caller without privileges, who becomes root of a user namespace */
  readonly rootless: boolean;
  readonly euid: number;
  readonly egid: number;
  /** cgroup v2 only: there a cgroup namespace is the default */
  readonly unifiedCgroup: boolean;
}

const capabilities = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];

function mount(destination: string, type: string, source: string, options: string[]): Mount {
  return { destination, type, source, options };
}

const mounts: readonly Mount[] = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  mount('/dev', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
  mount('/dev/pts', 'devpts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
  mount('/dev/shm', 'tmpfs', 'shm', ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k']),
  mount('/dev/mqueue', 'mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']),
  mount('/sys', 'sysfs', 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro']),
  mount('/sys/fs/cgroup', 'cgroup', 'cgroup', ['nosuid', 'noexec', 'nodev', 'relatime', 'ro']),
];

const maskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/sys/firmware',
  '/proc/scsi',
];

const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/**
 * The config.json that `spec` writes. Its members are in the order of the specification's Go types, and its values, the host name
 * among them, are those of runc: scripts edit this file by text.
 */
export function exampleConfig(options: ExampleOptions): Config {
  return {
    ociVersion,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ['sh'],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'runc',
    mounts: options.rootless ? mounts.map(rootlessMount) : [...mounts],
    linux: { ...privileges(options), namespaces: namespaces(options), maskedPaths, readonlyPaths },
  };
}

function privileges({ rootless, euid, egid }: ExampleOptions): Linux {
  if (!rootless) return { resources: { devices: [{ allow: false, access: 'rwm' }] } };
  return {
    uidMappings: [{ containerID: 0, hostID: euid, size: 1 }],
    gidMappings: [{ containerID: 0, hostID: egid, size: 1 }],
  };
}

function namespaces({ rootless, unifiedCgroup }: ExampleOptions): NonNullable<Linux['namespaces']> {
  const network = rootless ? [] : [{ type: 'network' } as const];
  const cgroup = unifiedCgroup ? [{ type: 'cgroup' } as const] : [];
  const user = rootless ? [{ type: 'user' } as const] : [];
  return [{ type: 'pid' }, ...network, { type: 'ipc' }, { type: 'uts' }, { type: 'mount' }, ...cgroup, ...user];
}

/** Without a network namespace of its own a user namespace cannot mount sysfs, and it maps one id only. user_namespaces(7) */
function rootlessMount(entry: Mount): Mount {
  if (entry.destination === '/sys') return mount('/sys', 'none', '/sys', ['rbind', 'nosuid', 'noexec', 'nodev', 'ro']);
  if (entry.options === undefined) return entry;
  return { ...entry, options: entry.options.filter((option) => !/^[ug]id=/.test(option)) };
}
