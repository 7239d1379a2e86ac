// Many lives of a container leave the machine as it was: what leaks once per container shows here that many times. By default there are
// few enough for everyday; `npm run test:soak` makes a thousand of each kind.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import t, { type Test } from 'tap';
import { makeBundle, missing, noci } from './bundle.ts';
import { driver } from './cgroup-driver.ts';
import { snapshot } from './host-snapshot.ts';
import { bare, call } from './report.ts';
import { onUnified, unifiedMount } from './unified.ts';

/** NOCI_SOAK: how many lives, and ten times as many processes of exec. */
const cycles = Number(process.env.NOCI_SOAK ?? 100);

const timeout = 60_000 + cycles * 5_000;

/** The kernel counts open files by processor and others come and go meanwhile; a leak would be at least as many as there were lives. */
const noise = 80;

const mark = `noci-soak-${process.pid}-`;

const syscall = koffi.load('libc.so.6').func('long syscall(long, long, void *, long)');
const SYS_bpf = process.arch === 'arm64' ? 280 : 321;
const BPF_PROG_GET_NEXT_ID = 11;
const BPF_PROG_QUERY = 16;
const BPF_CGROUP_DEVICE = 6;

function bpf(command: number, attribute: Buffer): boolean {
  return Number(syscall(SYS_bpf, command, attribute, attribute.length)) === 0;
}

/** The eBPF programs of the machine. bpf(2) */
function programs(): number {
  const attribute = Buffer.alloc(16);
  for (let count = 0; ; count++) {
    if (!bpf(BPF_PROG_GET_NEXT_ID, attribute)) return count;
    attribute.writeUInt32LE(attribute.readUInt32LE(4), 0);
  }
}

/** How many device filters a v2 cgroup has. */
function filters(folder: string): number {
  const fd = openSync(folder, 'r');
  try {
    // target_fd, attach_type, query_flags, attach_flags, prog_ids, prog_cnt
    const attribute = Buffer.alloc(40);
    attribute.writeUInt32LE(fd, 0);
    attribute.writeUInt32LE(BPF_CGROUP_DEVICE, 4);
    return bpf(BPF_PROG_QUERY, attribute) ? attribute.readUInt32LE(24) : 0;
  } finally {
    closeSync(fd);
  }
}

/** Every cgroup below a folder, with it. */
function tree(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...below.flatMap(({ name }) => tree(join(folder, name)))];
}

/** Names of the units that systemd knows, failed ones too; none without it. */
function units(): string[] {
  if (!existsSync('/run/systemd/system')) return [];
  const words = ['/usr/bin/systemctl', 'list-units', '--all', '--plain', '--no-legend', '--no-pager'];
  const { status, stdout } = spawnSync('/usr/bin/env', [...bare({}), ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error('systemctl list-units went wrong');
  const loaded = stdout.split('\n').flatMap((line) => line.split(' ').slice(0, 1));
  const transient = '/run/systemd/transient';
  return [...loaded, ...(existsSync(transient) ? readdirSync(transient) : [])];
}

const statistics = (name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(readFileSync(join(unifiedMount(), 'cgroup.stat'), 'utf8'))?.[1]);

/** What the whole machine holds. `files` is the kernel's number of open file descriptions. */
function counts() {
  const hierarchies = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '');
  return {
    processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length,
    files: Number(readFileSync('/proc/sys/fs/file-nr', 'utf8').split('\t')[0]),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length,
    units: units().length,
    programs: programs(),
    filters: unifiedMount() === '' ? 0 : tree(unifiedMount()).reduce((sum, folder) => sum + filters(folder), 0),
    cgroups: hierarchies.reduce((sum, point) => sum + tree(point).length, 0),
    // the kernel frees them when it needs the memory: what is still charged to them is not ours
    dying: unifiedMount() === '' ? 0 : statistics('nr_dying_descendants'),
  };
}

const skip = missing();
const withoutUnified = unifiedMount() === '' && 'needs cgroup v2 mounted';

/** What the kernel frees a moment later. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 2000));

interface Soaked {
  readonly runtime: string;
  readonly root: string;
  readonly bundle: string;
  /** What is done over and over again, and gives what went wrong. */
  readonly live: (cycle: number) => string;
}

/** stderr of the commands that went wrong. */
function run({ runtime, root }: Pick<Soaked, 'runtime' | 'root'>, commands: readonly string[][]): string {
  return commands
    .map((args) => call(runtime, root, args))
    .map(({ status, stderr }) => (status === 0 ? '' : stderr))
    .join('');
}

/** Does it `times` times and compares what the machine held before and after. The duration of each, in ms. */
async function soak(t: Test, { root, bundle, live }: Soaked, times: number): Promise<number[]> {
  const look = () => snapshot(mark, bundle, [root]);
  await settled();
  const [seen, before] = [look(), counts()];
  const errors: string[] = [];
  const durations: number[] = [];
  for (let cycle = 0; cycle < times; cycle++) {
    const start = performance.now();
    const error = live(cycle);
    durations.push(performance.now() - start);
    if (error !== '') errors.push(error);
  }
  t.comment(`measured: ${driver}, ${(durations.reduce((sum, one) => sum + one, 0) / 1000).toFixed(0)} s`);
  await settled();
  const after = counts();
  t.strictSame(errors, [], 'every command succeeds');
  t.strictSame(look(), seen, 'no mount, cgroup, process or state is left');
  t.strictSame(
    units().filter((name) => name.includes(mark)),
    [],
    'no unit is left',
  );
  for (const [key, number] of Object.entries(after)) {
    const was = before[key as keyof typeof before];
    const text = `${key}: ${was} before, ${number} after`;
    t.comment(`measured: ${text}`);
    if (key !== 'dying') t.ok(number - was < noise, text);
  }
  return durations;
}

function makeRoot(t: Test): { bundle: string; root: string } {
  const bundle = makeBundle(t, (config) => {
    config.process.args = ['/bin/sleep', '100000'];
  });
  const root = mkdtempSync(join(tmpdir(), 'noci-soak-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return { bundle, root };
}

async function lives(t: Test, runtime: string): Promise<void> {
  const { bundle, root } = makeRoot(t);
  const live = (cycle: number): string => {
    const id = `${mark}${cycle}`;
    return run({ runtime, root }, [
      ['create', '--bundle', bundle, id],
      ['start', id],
      ['kill', id, 'KILL'],
      ['delete', '--force', id],
    ]);
  };
  live(-1);
  await soak(t, { runtime, root, bundle, live }, cycles);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function execs(t: Test, runtime: string): Promise<void> {
  const { bundle, root } = makeRoot(t);
  const id = `${mark}execs`;
  t.teardown(() => call(runtime, root, ['delete', '--force', id]));
  const started = run({ runtime, root }, [
    ['create', '--bundle', bundle, id],
    ['start', id],
  ]);
  t.equal(started, '');
  const live = (): string => run({ runtime, root }, [['exec', id, '/bin/true']]);
  live();
  const durations = await soak(t, { runtime, root, bundle, live }, 10 * cycles);
  const [first, last] = [durations.slice(0, cycles), durations.slice(-cycles)].map(median) as [number, number];
  t.comment(`measured: medians of the first and the last ${cycles}: ${first.toFixed(2)} and ${last.toFixed(2)} ms`);
}

const onVersion2 = unifiedMount() === '/sys/fs/cgroup';

t.test(`${cycles} containers leave nothing`, { skip, timeout }, async (t) => lives(t, noci));

t.test(`${10 * cycles} processes in one container leave nothing`, { skip, timeout }, async (t) => execs(t, noci));

// where there is only v2 the first test was about it
t.test(
  `${cycles} containers with cgroup v2 alone leave nothing`,
  { skip: skip || withoutUnified || ((onVersion2 || driver === 'systemd') && 'as above'), timeout },
  async (t) => lives(t, onUnified(t, noci)),
);
