// A runtime that fails, or that leaves out what the config asks for, is fast. So before anything is measured, each runtime runs
// each bundle once with a program that tells what it sees, and the list of checks compares that with the config.
import { readlinkSync } from 'node:fs';
import type { Bundle, Config } from './bundles.ts';
import { call, errorOf, type Runtime } from './runtimes.ts';

/** Lines "KEY VALUE" from inside the container. */
const script = `
echo "pid $$"
echo "hostname $(hostname)"
for name in pid net ipc uts mnt user; do echo "ns-$name $(readlink /proc/self/ns/$name)"; done
grep -E '^(CapBnd|CapEff|CapPrm|NoNewPrivs|Seccomp):' /proc/self/status | while read key value; do echo "status-$key $value"; done
echo "nofile $(ulimit -n) $(ulimit -H -n)"
while read id parent device root point options rest; do echo "mount $point $options"; done </proc/self/mountinfo
while read line; do echo "cgroup $line"; done </proc/self/cgroup
for name in null zero full random urandom tty; do [ -c /dev/$name ] && echo "device $name"; done
for path in "$@"; do [ -e $path ] && echo "exists $path"; done
echo "memory $(cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null)"
echo "pids $(cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null)"
echo "end of report"
`;

/** Words of the program that tells. */
export function reporter(config: Config): readonly string[] {
  const { maskedPaths, readonlyPaths } = config.linux;
  return ['/bin/busybox', 'sh', '-c', script, 'report', ...maskedPaths, ...readonlyPaths];
}

type Report = ReadonlyMap<string, readonly string[]>;

export function readReport(text: string): Report {
  const report = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [key = '', ...words] = line.split(' ');
    report.set(key, [...(report.get(key) ?? []), words.join(' ')]);
  }
  return report;
}

interface Asked {
  readonly config: Config;
  readonly id: string;
}

interface Check {
  readonly what: string;
  /** what is wrong, undefined when nothing is */
  readonly wrong: (report: Report, asked: Asked) => string | undefined;
}

const fileOfNamespace: Record<string, string> = { network: 'net', mount: 'mnt' };

/** Bits of linux/capability.h, as far as the bundles name them. */
const capabilityNumbers: Record<string, number> = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_FOWNER: 3,
  CAP_FSETID: 4,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SETPCAP: 8,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_RAW: 13,
  CAP_SYS_CHROOT: 18,
  CAP_MKNOD: 27,
  CAP_AUDIT_WRITE: 29,
  CAP_SETFCAP: 31,
};

export function capabilityMask(names: readonly string[]): string {
  const mask = names.reduce((sum, name) => sum | (1n << BigInt(capabilityNumbers[name] ?? 63)), 0n);
  return mask.toString(16).padStart(16, '0');
}

function differs(found: readonly string[] | undefined, expected: string): string | undefined {
  return found?.includes(expected) ? undefined : `is ${found?.join(', ') ?? 'not told'}, not ${expected}`;
}

/** Options of the mount at this point: of the last, which is what a process sees. */
function optionsAt(report: Report, point: string): string[] | undefined {
  const lines = (report.get('mount') ?? []).map((line) => line.split(' '));
  return lines.findLast(([found]) => found === point)?.[1]?.split(',');
}

function missingMount(report: Report, points: readonly string[], readonly: boolean): string | undefined {
  const missing = points.find((point) => {
    const options = optionsAt(report, point);
    return options === undefined || (readonly && !options.includes('ro'));
  });
  return missing && `${missing} is not mounted${readonly ? ' read-only' : ''}`;
}

/** With version 1, a cgroup mount is a tmpfs with a mount for each hierarchy. runc and crun leave the tmpfs writable: only those in it count. */
function readonlyPoints(report: Report, { mounts }: Config): string[] {
  const points = (report.get('mount') ?? []).map((line) => line.split(' ')[0] ?? '');
  return mounts
    .filter(({ options }) => options?.includes('ro'))
    .flatMap(({ destination, type }) => {
      const inside = type === 'cgroup' ? points.filter((point) => point.startsWith(`${destination}/`)) : [];
      return inside.length > 0 ? inside : [destination];
    });
}

function wrongNamespace(report: Report, { config }: Asked): string | undefined {
  const wanted = config.linux.namespaces
    .map(({ type }) => fileOfNamespace[type] ?? type)
    .filter((type) => type !== 'cgroup');
  const own = ['pid', 'net', 'ipc', 'uts', 'mnt', 'user'];
  return own.find((name) => {
    const inside = report.get(`ns-${name}`)?.[0];
    return inside === undefined || (inside !== readlinkSync(`/proc/self/ns/${name}`)) !== wanted.includes(name);
  });
}

/** Version 1 shows the container's own cgroup in each line; in a cgroup namespace all are "/". */
function foreignCgroup(report: Report, { config, id }: Asked): string | undefined {
  const namespaced = config.linux.namespaces.some(({ type }) => type === 'cgroup');
  const lines = (report.get('cgroup') ?? []).filter((line) => namespaced || !line.startsWith('0::'));
  if (lines.length === 0) return 'none';
  return lines.find((line) => !line.endsWith(namespaced ? ':/' : `/${id}`));
}

function existing(report: Report, paths: readonly string[]): string[] {
  return paths.filter((path) => report.get('exists')?.includes(path));
}

const checks: readonly Check[] = [
  { what: 'report', wrong: (report) => differs(report.get('end'), 'of report') },
  { what: 'pid', wrong: (report) => differs(report.get('pid'), '1') },
  { what: 'hostname', wrong: (report, { config }) => differs(report.get('hostname'), config.hostname) },
  { what: 'namespace', wrong: wrongNamespace },
  { what: 'cgroup', wrong: foreignCgroup },
  ...['CapBnd', 'CapEff', 'CapPrm'].map((set, index) => ({
    what: set,
    wrong: (report: Report, { config }: Asked) => {
      const names = config.process.capabilities[['bounding', 'effective', 'permitted'][index] ?? ''] ?? [];
      return differs(report.get(`status-${set}:`), capabilityMask(names));
    },
  })),
  {
    what: 'no_new_privs',
    wrong: (report, { config }) =>
      differs(report.get('status-NoNewPrivs:'), config.process.noNewPrivileges ? '1' : '0'),
  },
  {
    what: 'seccomp',
    wrong: (report, { config }) =>
      differs(report.get('status-Seccomp:'), config.linux.seccomp === undefined ? '0' : '2'),
  },
  {
    what: 'RLIMIT_NOFILE',
    wrong: (report, { config }) => {
      const limit = config.process.rlimits.find(({ type }) => type === 'RLIMIT_NOFILE');
      return limit && differs(report.get('nofile'), `${limit.soft} ${limit.hard}`);
    },
  },
  {
    what: 'mounts',
    wrong: (report, { config }) =>
      missingMount(report, ['/', ...config.mounts.map(({ destination }) => destination)], false) ??
      missingMount(report, readonlyPoints(report, config), true),
  },
  {
    what: 'root',
    wrong: (report, { config }) => (config.root.readonly ? missingMount(report, ['/'], true) : undefined),
  },
  {
    what: 'maskedPaths',
    wrong: (report, { config }) => missingMount(report, existing(report, config.linux.maskedPaths), false),
  },
  {
    what: 'readonlyPaths',
    wrong: (report, { config }) => missingMount(report, existing(report, config.linux.readonlyPaths), true),
  },
  { what: 'devices', wrong: (report) => (report.get('device')?.length === 6 ? undefined : 'fewer than six') },
  {
    what: 'limits',
    wrong: (report, { config }) => {
      if (config.linux.resources.memory === undefined) return undefined;
      return differs(report.get('memory'), String(512 << 20)) ?? differs(report.get('pids'), '100');
    },
  },
];

/** The first check that does not hold, as "WHAT PROBLEM". */
export function judge(report: Report, asked: Asked): string | undefined {
  for (const { what, wrong } of checks) {
    const problem = wrong(report, asked);
    if (problem !== undefined) return `${what} ${problem}`;
  }
  return undefined;
}

/** Runs the bundle, whose program is the reporter; what is wrong with it, undefined when nothing is. */
export function verify(runtime: Runtime, bundle: Bundle, id: string): string | undefined {
  const { status, stdout, stderr } = call(runtime.run(bundle, id));
  if (status !== 0) return errorOf(stderr) || `exit status ${status}`;
  return judge(readReport(stdout), { config: bundle.config, id });
}
