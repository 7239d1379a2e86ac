// A host of its own for an engine: its namespaces, its cgroups, its /etc, /run and /var. An engine is installed in it as
// the documentation says, with default paths, and whatever it starts ends with the first process of the host's pid namespace.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runtime } from './runtime.ts';

/** What a script left behind: its exit status, null when it took too long, and what it wrote. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Host {
  /** its first process, as the machine counts */
  readonly pid: number;
  /** a folder of both sides, /run/shared on the inside: scripts start there */
  readonly shared: string;
  /** Runs a script of sh -eu on the host; `timeout` in milliseconds, two minutes when absent. */
  run(script: string, timeout?: number): Outcome;
  /** The same, which must succeed: what it printed. */
  told(script: string): string;
  /** Starts what stays, a daemon: a command line of sh. Its output goes to /run/shared/<name>.log. */
  start(name: string, command: string): void;
  /** Writes a file of the host, its folder too. */
  write(path: string, text: string): void;
  /** Everything that containers could leave: cgroups, mounts, processes, network interfaces, files of /run. */
  remains(): Remains;
}

export type Remains = Readonly<Record<'cgroups' | 'mounts' | 'processes' | 'interfaces' | 'run', readonly string[]>>;

interface Hierarchy {
  readonly mount: string;
  readonly type: string;
  readonly options: string;
}

/** What must be a folder of the machine's own filesystem: overlayfs cannot have its upper folder on overlayfs. */
const stores = ['docker', 'containerd', 'containers', 'cni'];

/** Overlays: what is written there stays on the host. */
const overlays = ['/etc', '/opt', '/root', '/usr/bin', '/var'];

const patience = 120_000;

/** The tree of another Debian, whose engines are then the ones that run: build/engines.sh makes it. */
export const tree = process.env.NOCI_ENGINES_TREE ?? '';

/** The host's root becomes that tree, to which nothing is written. */
const changeRoot = (folder: string) =>
  tree === ''
    ? []
    : [
        `mount --bind ${tree} ${tree}`,
        `mount -t tmpfs -o mode=1777 tmp ${tree}/tmp`,
        `mkdir -p ${tree}${folder}`,
        `mount --rbind ${folder} ${tree}${folder}`,
        ...['dev', 'sys'].map((name) => `mount --rbind /${name} ${tree}/${name}`),
        `cd ${tree}`,
        'pivot_root . mnt',
        'cd /',
      ];

/** umount(8) reads /proc. */
const leaveRoot = tree === '' ? [] : ['umount -l /mnt'];

function hierarchies(): Hierarchy[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' - '))
    .flatMap(([before = '', after = '']) => {
      const [type = '', , options = ''] = after.split(' ');
      const mount = before.split(' ')[4] ?? '';
      const chosen = options.split(',').filter((option) => option !== 'rw');
      const named = chosen.some((option) => option.startsWith('name=')) ? ['none', ...chosen] : chosen;
      return /^cgroup2?$/.test(type) ? [{ mount, type, options: type === 'cgroup' ? named.join(',') : 'rw' }] : [];
    });
}

/** A process joins a hierarchy of version 1 as a single thread: moving a whole process waits for an RCU grace period. */
const joinFile = ({ type }: Hierarchy) => (type === 'cgroup' ? 'tasks' : 'cgroup.procs');

const joinCgroups = (name: string) =>
  hierarchies()
    .map((hierarchy) => `echo 0 >${hierarchy.mount}/${name}/${joinFile(hierarchy)}`)
    .join('\n');

function makeCgroups(name: string): void {
  for (const { mount } of hierarchies()) {
    const folder = join(mount, name);
    mkdirSync(folder);
    // a cpuset of version 1 takes no process before it has these. cpuset(7)
    for (const file of ['cpuset.cpus', 'cpuset.mems'].filter((file) => existsSync(join(folder, file))))
      writeFileSync(join(folder, file), readFileSync(join(mount, file)));
  }
}

/**
 * Starts the host and waits until its standard input ends, which happens when its user says so and when its user dies; then ends
 * every process of it and removes what is left.
 */
const keeper = (name: string, folder: string) => `{
${joinCgroups(name)}
exec unshare --cgroup --ipc --mount --net --pid --uts --fork --kill-child sh -eu ${folder}/set-up
} </dev/null &
read -r line || true
kill -9 $! 2>/dev/null || true
wait $! || true
for cgroup in ${hierarchies()
  .map(({ mount }) => join(mount, name))
  .join(' ')}; do
  for attempt in $(seq 300); do
    # its last process may not quite have gone
    find $cgroup -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ -e $cgroup ] || break
    sleep 0.1
  done
done
for attempt in $(seq 300); do
  rm -rf ${folder} 2>/dev/null && break
  sleep 0.1
done
`;

/** What the first process does: the mounts of the host, then it reaps. */
function setUp(folder: string): string {
  const all = hierarchies();
  const legacy = all.some(({ mount }) => dirname(mount) === '/sys/fs/cgroup');
  return [
    ...changeRoot(folder),
    'mount -t proc proc /proc',
    ...leaveRoot,
    'umount -R -l /sys',
    'mount -t sysfs sysfs /sys',
    ...(legacy ? ['mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup'] : []),
    ...all.map(({ mount, type, options }) => `mkdir -p ${mount}\nmount -t ${type} -o ${options} ${type} ${mount}`),
    ...overlays.map(
      (path) =>
        `mkdir -p ${folder}/upper${path} ${folder}/work${path}\n` +
        `mount -t overlay -o lowerdir=${path},upperdir=${folder}/upper${path},workdir=${folder}/work${path} overlay ${path}`,
    ),
    ...stores.map(
      (store) =>
        `mkdir -p ${folder}/store/${store} /var/lib/${store}\n` +
        `mount --bind ${folder}/store/${store} /var/lib/${store}`,
    ),
    // shared memory holds podman's locks
    'mount -t tmpfs -o mode=1777 shm /dev/shm',
    'mount -t tmpfs -o mode=755 run /run',
    // installed as the documentation says, for every user of the host
    `cp ${folder}/noci /usr/bin/noci`,
    `mount --bind ${folder}/bin /usr/local/bin`,
    'mkdir -p /run/lock /run/shared',
    `mount --bind ${folder}/shared /run/shared`,
    // engines expect the propagation that systemd chooses
    'mount --make-rshared /',
    'ip link set lo up',
    // an input that nobody ends
    `mkfifo ${folder}/shared/endless`,
    `touch ${folder}/shared/ready`,
    // a shell that waits reaps whoever is left to it
    'sleep infinity & wait',
  ].join('\n');
}

/** The only child of a process, 0 when it has none yet. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

const rest = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);

/** Who needs a host: a test, or what else says when it has ended. */
export interface User {
  teardown(end: () => unknown): void;
}

/** A program of every host: waits until a command of sh succeeds, a minute at most. */
const awaiting = `#!/bin/sh
end=$(($(date +%s) + 60))
until sh -c "$1" >/dev/null 2>&1; do
  [ $(date +%s) -lt $end ] || { echo "does not come true: $1" >&2; exit 1; }
  sleep 0.1
done
`;

/** Makes a host; it ends with its user. `programs` are put into its /usr/local/bin: name → text of a script. */
export function makeHost(user: User, programs: Readonly<Record<string, string>> = {}): Host {
  const folder = mkdtempSync(join(tmpdir(), 'noci-engine-'));
  const name = folder.slice(folder.lastIndexOf('/') + 1);
  const shared = join(folder, 'shared');
  for (const part of ['bin', 'shared', 'store']) mkdirSync(join(folder, part));
  copyFileSync(runtime.path, join(folder, 'noci'));
  // Docker's BuildKit takes what is called runc
  symlinkSync('/usr/bin/noci', join(folder, 'bin/runc'));
  writeFileSync(join(folder, 'bin/await'), awaiting, { mode: 0o755 });
  for (const [program, text] of Object.entries(programs))
    writeFileSync(join(folder, 'bin', program), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  makeCgroups(name);
  const log = openSync(join(shared, 'host.log'), 'w');
  writeFileSync(join(folder, 'set-up'), setUp(folder));
  const outer = spawn('sh', ['-euc', keeper(name, folder)], {
    stdio: ['pipe', log, log],
    env: environment,
    // an interrupt from the terminal is for the user
    detached: true,
  });
  closeSync(log);
  // the test ends when it has nothing more to do, and only then the host
  outer.unref();
  const line = outer.stdin as Socket;
  line.unref();
  user.teardown(async () => {
    outer.ref();
    const ended = new Promise((resolve) => outer.on('exit', resolve));
    line.end();
    if (outer.exitCode === null && outer.signalCode === null) await ended;
    if (existsSync(folder)) throw new Error(`${folder} is left`);
  });
  const ready = join(shared, 'ready');
  for (let waited = 0; !existsSync(ready); waited += 20) {
    const child = childOf(outer.pid ?? 0);
    if (waited > 60_000 || (child !== 0 && !existsSync(`/proc/${child}/exe`)))
      throw new Error(`no host: ${readFileSync(join(shared, 'host.log'), 'utf8')}`);
    rest();
  }
  const first = childOf(childOf(outer.pid ?? 0));
  const enter = ['-t', String(first), '--cgroup', '--ipc', '--mount', '--net', '--pid', '--uts'];
  const inside = (script: string) => [
    '-euc',
    `${joinCgroups(name)}\nexec nsenter ${enter.join(' ')} sh -euc "$1"`,
    'sh',
    script,
  ];
  const run = (script: string, timeout = patience): Outcome => {
    const paths = ['stdout', 'stderr'].map((output) => join(folder, output));
    const fds = paths.map((path) => openSync(path, 'w'));
    const { status } = spawnSync('sh', inside(`cd /run/shared\n${script}`), {
      // files: a pipe would end only when daemons have closed it too
      stdio: ['ignore', ...fds],
      env: environment,
      timeout,
      killSignal: 'SIGKILL',
    });
    for (const fd of fds) closeSync(fd);
    const [stdout = '', stderr = ''] = paths.map((path) => readFileSync(path, 'utf8'));
    return { status, stdout, stderr };
  };
  const host: Host = {
    pid: first,
    shared,
    run,
    told(script) {
      const { status, stdout, stderr } = run(script);
      if (status !== 0) throw new Error(`${script}: status ${status}, ${stderr}`);
      return stdout;
    },
    start(daemon, command) {
      const output = openSync(join(shared, `${daemon}.log`), 'a');
      spawn('sh', inside(`exec ${command}`), { stdio: ['ignore', output, output], env: environment }).unref();
      closeSync(output);
    },
    write(path, text) {
      const from = join(shared, 'file');
      writeFileSync(from, text);
      host.told(`mkdir -p ${dirname(path)}\nmv /run/shared/file ${path}`);
    },
    remains: () => ({
      cgroups: hierarchies().flatMap(({ mount }) => foldersBelow(join(mount, name))),
      mounts: lines(host.told("awk '{print $5}' /proc/self/mountinfo")),
      processes: lines(host.told('ps -eo comm,args --no-headers')).filter((line) => !/^(ps|sh) /.test(line)),
      interfaces: readInterfaces(host.told('ip -o link')),
      run: lines(host.told('find /run -xdev')),
    }),
  };
  return host;
}

const environment = { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };

const lines = (text: string) => text.trim().split('\n').sort();

const readInterfaces = (text: string) => lines(text).map((line) => line.split(/:\s*|@/)[1] ?? '');

function foldersBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [join(folder, name), ...foldersBelow(join(folder, name))]);
}
