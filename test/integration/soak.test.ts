// Many lives of a container leave the machine as it was: what leaks once per container shows here that many times. By default there are
// few enough for everyday; `npm run test:soak` makes a thousand of each kind.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import t, { type Test } from 'tap';
import { makeBundle, missing, noci } from './bundle.ts';
import { snapshot } from './host-snapshot.ts';
import { call } from './report.ts';
import { onUnified, unifiedMount } from './unified.ts';

/** NOCI_SOAK: how many lives; NOCI_CGROUP_DRIVER=systemd: with that driver, in a slice of its own. */
const cycles = Number(process.env.NOCI_SOAK ?? 100);
const systemd = process.env.NOCI_CGROUP_DRIVER === 'systemd';

const timeout = 60_000 + cycles * 5_000;

/** The kernel counts open files by processor and others come and go meanwhile; a leak would be at least as many as there were lives. */
const noise = 80;

const mark = `noci-soak-${process.pid}-`;

const syscall = koffi.load('libc.so.6').func('long syscall(long, long, void *, long)');
const SYS_bpf = process.arch === 'arm64' ? 280 : 321;
const BPF_PROG_GET_NEXT_ID = 11;

/** The eBPF programs of the machine. bpf(2) */
function programs(): number {
  const attribute = Buffer.alloc(16);
  for (let count = 0; ; count++) {
    if (Number(syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, attribute, attribute.length)) !== 0) return count;
    attribute.writeUInt32LE(attribute.readUInt32LE(4), 0);
  }
}

/** The units that systemd knows, which are cgroups that it has not forgotten; none without it. */
function units(): number {
  try {
    return readdirSync('/run/systemd/transient').filter((name) => name.includes(mark)).length;
  } catch {
    return 0;
  }
}

/** What the whole machine holds. `files` is the kernel's number of open file descriptions. */
function counts() {
  return {
    processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length,
    files: Number(readFileSync('/proc/sys/fs/file-nr', 'utf8').split('\t')[0]),
    programs: programs(),
    cgroups: Number(/^nr_descendants (\d+)$/m.exec(readFileSync(join(unifiedMount(), 'cgroup.stat'), 'utf8'))?.[1]),
  };
}

const skip = missing() || (unifiedMount() === '' && 'needs cgroup v2 mounted');

function soak(t: Test, runtime: string): void {
  const bundle = makeBundle(t, (config) => {
    config.process.args = ['/bin/sleep', '60'];
  });
  const root = mkdtempSync(join(tmpdir(), 'noci-soak-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const driver = systemd ? ['--systemd-cgroup'] : [];
  const live = (id: string): string =>
    [
      [...driver, 'create', '--bundle', bundle, id],
      ['start', id],
      ['kill', id, 'KILL'],
      ['delete', '--force', id],
    ]
      .map((args) => call(runtime, root, args))
      .map(({ status, stderr }) => (status === 0 ? '' : stderr))
      .join('');
  live(`${mark}warm`);
  const look = () => snapshot(mark, bundle, [root]);
  const [seen, before] = [look(), counts()];
  const errors: string[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    const error = live(`${mark}${cycle}`);
    if (error !== '') errors.push(error);
  }
  const after = counts();
  t.strictSame(errors, [], 'every command succeeds');
  t.strictSame(look(), seen, 'no mount, cgroup, process or state is left');
  t.equal(units(), 0, 'no unit is left');
  for (const key of ['processes', 'files', 'programs', 'cgroups'] as const) {
    t.ok(after[key] - before[key] < noise, `${key}: ${before[key]} before, ${after[key]} after`);
  }
}

const onVersion2 = unifiedMount() === '/sys/fs/cgroup';

t.test(`${cycles} containers leave nothing`, { skip, timeout }, async (t) => soak(t, noci));

// where there is only v2 the first test was about it
t.test(
  `${cycles} containers with cgroup v2 alone leave nothing`,
  { skip: skip || ((onVersion2 || systemd) && 'as above'), timeout },
  async (t) => soak(t, onUnified(t, noci)),
);
