import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultProfile } from './seccomp.ts';

/** What of config.json the benchmark reads or changes. */
export interface Config {
  hostname: string;
  process: {
    terminal: boolean;
    args: string[];
    noNewPrivileges: boolean;
    capabilities: Record<string, string[]>;
    rlimits: { type: string; hard: number; soft: number }[];
  };
  root: { path: string; readonly: boolean };
  mounts: { destination: string; type: string; source: string; options?: string[] }[];
  linux: {
    namespaces: { type: string }[];
    uidMappings?: object[];
    gidMappings?: object[];
    resources: Record<string, unknown>;
    maskedPaths: string[];
    readonlyPaths: string[];
    seccomp?: object;
  };
}

export interface Bundle {
  readonly name: string;
  readonly folder: string;
  readonly config: Config;
}

export const bundleNames = ['b1', 'b2', 'b3'] as const;
export type BundleName = (typeof bundleNames)[number];

export const true_ = ['/bin/busybox', 'true'];
export const sleep = ['/bin/busybox', 'sleep', '1000'];

const applets = ['sh', 'hostname', 'readlink', 'grep', 'cat', 'ls', 'stat'];
const mountPoints = ['proc', 'dev', 'sys', 'etc', 'tmp'];

/** Bundles on disk, each written when it is first asked for. */
export class Bundles {
  readonly #made = new Map<string, Bundle>();
  readonly #folder: string;
  readonly #configs: Record<BundleName, Config>;
  readonly #busybox: string;

  /** `runc` writes b1; `limits` says whether b2 can have cgroup limits */
  constructor(folder: string, runc: string, limits: boolean) {
    mkdirSync(folder);
    this.#folder = folder;
    this.#busybox = join(folder, 'busybox');
    copyFileSync('/bin/busybox', this.#busybox);
    const b1 = specOf(runc, folder);
    this.#configs = { b1, b2: dockerLike(b1, makeVolumes(folder), limits), b3: withUserNamespace(b1) };
  }

  get hasSeccomp(): boolean {
    return this.#configs.b2.linux.seccomp !== undefined;
  }

  /** Leaves the profile out of b2, for everybody. */
  dropSeccomp(): void {
    delete this.#configs.b2.linux.seccomp;
    this.#made.clear();
  }

  /** Bundle `name` with `args` as its process; `use` tells bundles with different args apart. */
  make(name: BundleName, use: string, args: readonly string[]): Bundle {
    const folder = join(this.#folder, `${name}-${use}`);
    const made = this.#made.get(folder);
    if (made !== undefined) return made;
    const base = this.#configs[name];
    const config = { ...base, process: { ...base.process, args: [...args] } };
    if (!existsSync(folder)) this.#makeRootfs(join(folder, config.root.path));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config, undefined, 1));
    const bundle = { name, folder, config };
    this.#made.set(folder, bundle);
    return bundle;
  }

  #makeRootfs(rootfs: string): void {
    for (const point of mountPoints) mkdirSync(join(rootfs, point), { recursive: true });
    mkdirSync(join(rootfs, 'bin'));
    linkSync(this.#busybox, join(rootfs, 'bin/busybox'));
    for (const applet of applets) symlinkSync('busybox', join(rootfs, 'bin', applet));
  }
}

function specOf(runc: string, folder: string): Config {
  execFileSync(runc, ['spec', '--bundle', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  config.process.terminal = false;
  return config;
}

/** Three files and ten folders of the host, as an engine would mount them. */
function makeVolumes(folder: string): { destination: string; source: string }[] {
  const files = ['resolv.conf', 'hostname', 'hosts'].map((name) => ({
    destination: `/etc/${name}`,
    source: join(folder, name),
  }));
  const folders = Array.from({ length: 10 }, (_, number) => ({
    destination: `/data/${number}`,
    source: join(folder, `volume-${number}`),
  }));
  for (const { source } of files) writeFileSync(source, '\n');
  for (const { source } of folders) mkdirSync(source);
  return [...files, ...folders];
}

const dockerCapabilities = `CAP_CHOWN CAP_DAC_OVERRIDE CAP_FSETID CAP_FOWNER CAP_MKNOD CAP_NET_RAW CAP_SETGID CAP_SETUID
  CAP_SETFCAP CAP_SETPCAP CAP_NET_BIND_SERVICE CAP_SYS_CHROOT CAP_KILL CAP_AUDIT_WRITE`.split(/\s+/);

const dockerDevices = [
  { allow: false, access: 'rwm' },
  ...['1:5', '1:3', '1:9', '1:8', '5:0', '5:1'].map((device) => {
    const [major, minor] = device.split(':').map(Number);
    return { allow: true, type: 'c', major, minor, access: 'rwm' };
  }),
];

const limitsOfB2 = {
  memory: { limit: 512 << 20 },
  // two processors: no limit that the start of a container would feel
  cpu: { shares: 512, quota: 200_000, period: 100_000 },
  pids: { limit: 100 },
};

function dockerLike(
  b1: Config,
  volumes: readonly { readonly destination: string; readonly source: string }[],
  limits: boolean,
): Config {
  const config = structuredClone(b1);
  const sets = ['bounding', 'effective', 'permitted'];
  config.hostname = '0123456789ab';
  config.process.noNewPrivileges = false;
  config.process.capabilities = Object.fromEntries(sets.map((set) => [set, dockerCapabilities]));
  config.root.readonly = false;
  for (const [index, volume] of volumes.entries()) {
    config.mounts.push({ ...volume, type: 'bind', options: ['rbind', 'rprivate', index % 2 === 0 ? 'rw' : 'ro'] });
  }
  config.linux.resources = { devices: dockerDevices, ...(limits ? limitsOfB2 : {}) };
  config.linux.maskedPaths.push('/sys/devices/virtual/powercap');
  const seccomp = defaultProfile();
  if (seccomp !== undefined) config.linux.seccomp = seccomp;
  return config;
}

function withUserNamespace(b1: Config): Config {
  const config = structuredClone(b1);
  const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = mapping;
  config.linux.gidMappings = mapping;
  return config;
}
