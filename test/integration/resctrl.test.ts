// linux.intelRdt in a container's life, against a resctrl of the test's own: noci's `main` runs in this process, everything else is real.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { main } from '../../src/main.ts';
import type { Native } from '../../src/native/contract.ts';
import { createHost } from '../../src/node/host.ts';
import { fakeResctrl, type Resctrl } from '../fakes/resctrl.ts';
import { type Draft, makeBundle, missing } from './bundle.ts';
import { mark, until } from './container.ts';
import { remembering } from './remembering.ts';

const options = { skip: missing(), timeout: 120_000 };
const host = options.skip === false ? createHost(new URL('../../dist', import.meta.url).pathname) : undefined;

interface Outcome {
  readonly status: number;
  readonly text: string;
}

interface Life {
  readonly id: string;
  readonly root: string;
  readonly resctrl: Resctrl;
  call(...args: string[]): Outcome;
  create(): Outcome;
  pid(): number;
}

let made = 0;

/** A container that asks for `intelRdt`; `prepare` finds a resctrl in which nothing was done. */
function life(t: Test, intelRdt: Draft, prepare: (resctrl: Resctrl, id: string) => void = () => {}): Life {
  if (host === undefined) throw new Error('not built');
  const id = `noci-test-${mark}-rdt-${++made}`;
  const folder = mkdtempSync(join(tmpdir(), 'noci-rdt-'));
  const resctrl = fakeResctrl(host, join(folder, 'resctrl'));
  prepare(resctrl, id);
  const bundle = makeBundle(t, (config) => {
    config.process.args = ['sleep', '100'];
    if (intelRdt !== undefined) config.linux.intelRdt = intelRdt;
  });
  const root = join(folder, 'state');
  const directory = process.cwd();
  const call = (...args: string[]): Outcome => {
    let text = '';
    const opened = new Set<number>();
    const caught: Native = {
      ...resctrl.native,
      args: () => ['noci', '--root', root, ...args],
      write: (fd, data) => {
        if (fd > 2) return host.write(fd, data);
        text += typeof data === 'string' ? data : Buffer.from(data).toString();
      },
    };
    const status = main(remembering(caught, opened));
    for (const fd of opened) host.close(fd);
    process.chdir(directory);
    while (host.reap() !== undefined);
    return { status, text };
  };
  t.teardown(() => {
    call('delete', '--force', id);
    rmSync(folder, { recursive: true });
  });
  return {
    id,
    root,
    resctrl,
    call,
    create: () => call('create', '--bundle', bundle, id),
    pid: () => JSON.parse(call('state', id).text).pid,
  };
}

t.test('a class of service of the container’s own is made, joined and removed', options, async (t) => {
  const one = life(t, { l3CacheSchema: 'L3:0=f;1=ff', memBwSchema: 'MB:0=20', schemata: ['L3:1=f0'] });
  t.match(one.create(), { status: 0 });
  const { id, resctrl } = one;
  t.strictSame(resctrl.writes, [`${id}/schemata L3:0=f;1=ff\nMB:0=20\nL3:1=f0\n`, `${id}/tasks ${one.pid()}`]);
  t.equal(resctrl.read(`${id}/schemata`), '    MB:0=20;1=100\n    L3:0=0000f;1=000f0\n');
  t.match(one.call('start', id), { status: 0 });
  const pidFile = join(one.root, 'pid-of-exec');
  t.match(one.call('exec', '--detach', '--pid-file', pidFile, id, 'true'), { status: 0 });
  // it is a child of this process, and the container does not end before somebody has reaped it
  const child = `/proc/${readFileSync(pidFile, 'utf8')}`;
  await until(() => {
    host?.reap();
    return !existsSync(child);
  });
  t.equal(resctrl.read(`${id}/tasks`).trim().split('\n').length, 2, 'a process of exec joins it too');
  t.match(one.call('delete', '--force', id), { status: 0 });
  t.notOk(resctrl.has(id));
});

t.test('without schemata nothing is written to that file', options, async (t) => {
  const one = life(t, {});
  t.match(one.create(), { status: 0 });
  t.strictSame(one.resctrl.writes, [`${one.id}/tasks ${one.pid()}`]);
});

t.test('without intelRdt resctrl is left alone', options, async (t) => {
  const one = life(t, undefined);
  t.match(one.create(), { status: 0 });
  t.strictSame(one.resctrl.writes, []);
  t.notOk(one.resctrl.has(one.id));
});

t.test('a directory that was there stays', options, async (t) => {
  const one = life(t, { l3CacheSchema: 'L3:0=f' }, (resctrl, id) => resctrl.make(id));
  t.match(one.create(), { status: 0 });
  t.match(one.call('delete', '--force', one.id), { status: 0 });
  t.ok(one.resctrl.has(one.id));
});

t.test('a class of service by its name', options, async (t) => {
  const made = life(t, { closID: 'gold', schemata: ['L3:0=f'] });
  t.match(made.create(), { status: 0 });
  t.equal(made.resctrl.read('gold/tasks'), `${made.pid()}\n`);
  t.match(made.call('delete', '--force', made.id), { status: 0 });
  t.ok(made.resctrl.has('gold'), 'it may be others’ too, and stays');
  const there = life(t, { closID: 'gold' }, ({ make }) => make('gold'));
  t.match(there.create(), { status: 0 });
  t.strictSame(there.resctrl.writes, [`gold/tasks ${there.pid()}`]);
  const missingClass = life(t, { closID: 'gold' });
  t.match(missingClass.create(), {
    status: 1,
    text: /clos dir not accessible \(must be pre-created when schemata, l3CacheSchema and memBwSchema are empty\).*\/linux\/intelRdt\/closID/,
  });
  t.notOk(missingClass.resctrl.has('gold'));
});

t.test('the schemata of a class that is there have to match', options, async (t) => {
  const prepare = ({ make }: Resctrl) => make('gold');
  const same = life(t, { closID: 'gold', l3CacheSchema: 'L3:1=0fffff', memBwSchema: 'MB:0=100' }, prepare);
  t.match(same.create(), { status: 0 }, 'as numbers, whatever their order and leading zeros');
  const other = life(t, { closID: 'gold', l3CacheSchema: 'L3:0=ff' }, prepare);
  t.match(other.create(), {
    status: 1,
    text: /gold exists and has other schemata than L3:0=ff: MB:0=100;1=100 L3:0=fffff;1=fffff/,
  });
  t.strictSame(other.resctrl.writes, []);
  t.notOk(existsSync(other.root));
});

t.test('the root class', options, async (t) => {
  const one = life(t, { closID: '/', enableMonitoring: true });
  t.match(one.create(), { status: 0 });
  const pid = one.pid();
  t.strictSame(one.resctrl.writes, [`tasks ${pid}`, `mon_groups/${one.id}/tasks ${pid}`]);
  t.match(one.call('delete', '--force', one.id), { status: 0 });
  t.notOk(one.resctrl.has(`mon_groups/${one.id}`));
  t.ok(one.resctrl.has('tasks'));
});

t.test('a monitoring group in a class of others', options, async (t) => {
  const one = life(t, { closID: 'gold', enableMonitoring: true }, ({ make }) => make('gold'));
  t.match(one.create(), { status: 0 });
  t.equal(one.resctrl.read(`gold/mon_groups/${one.id}/tasks`), `${one.pid()}\n`);
  t.match(one.call('delete', '--force', one.id), { status: 0 });
  t.notOk(one.resctrl.has(`gold/mon_groups/${one.id}`));
  t.ok(one.resctrl.has('gold'));
});

t.test('what the kernel refuses is told in its own words, and nothing is left', options, async (t) => {
  for (const [intelRdt, text] of [
    [
      { schemata: ['L9:0=1'] },
      /write .*L9:0=1.*: write: invalid argument, last_cmd_status: Unknown or unsupported resource name 'L9'/,
    ],
    [{ l3CacheSchema: 'L3:0=fffffff' }, /last_cmd_status: Invalid value 0=fffffff/],
    [
      { enableMonitoring: true },
      /mkdirat: no space left on device, last_cmd_status: Out of RMIDs.*\/linux\/intelRdt\/enableMonitoring/,
    ],
  ] as const) {
    const one = life(t, intelRdt, ({ native, make }) => {
      make('full');
      for (const name of ['a', 'b'])
        if ('enableMonitoring' in intelRdt)
          native.mkdir(
            -100,
            `${native.readText(-100, '/proc/self/mountinfo', 1 << 26).match(/(\S+) rw - resctrl/)?.[1]}/full/mon_groups/${name}`,
            0o755,
          );
    });
    t.match(one.create(), { status: 1, text });
    t.notOk(one.resctrl.has(one.id));
    t.strictSame(readdirSync(one.root), []);
  }
});

t.test('names that are no class are refused', options, async (t) => {
  for (const closID of ['..', '.', 'a/b', '../x', 'info', 'mon_groups', 'mon_data']) {
    const one = life(t, { closID, schemata: ['L3:0=f'] });
    t.match(one.create(), { status: 1, text: /invalid intelRdt\.ClosID/ }, closID);
    t.strictSame(one.resctrl.writes, []);
  }
});

t.test('without resctrl, and without what it would divide up', options, async (t) => {
  const divided = life(t, { l3CacheSchema: 'L3:0=f' }, ({ native }) => {
    const root = native.readText(-100, '/proc/self/mountinfo', 1 << 26).match(/(\S+) rw - resctrl/)?.[1];
    rmSync(join(root ?? '', 'info/L3'), { recursive: true });
  });
  t.match(divided.create(), {
    status: 1,
    text: /intelRdt.l3CacheSchema is specified in config, but Intel RDT\/CAT is not enabled/,
  });
});

t.test('update writes schemata of a class that the container has', options, async (t) => {
  const one = life(t, { l3CacheSchema: 'L3:0=f' });
  t.match(one.create(), { status: 0 });
  const { id, resctrl } = one;
  t.match(one.call('update', '--l3-cache-schema', 'L3:1=7', '--mem-bw-schema', 'MB:0=50', id), { status: 0, text: '' });
  t.equal(resctrl.read(`${id}/schemata`), '    MB:0=50;1=100\n    L3:0=0000f;1=00007\n');
  t.match(one.call('update', '--l3-cache-schema', 'L3:5=7', id), {
    status: 1,
    text: /last_cmd_status: Invalid value 5=7/,
  });
  const none = life(t, undefined);
  t.match(none.create(), { status: 0 });
  t.match(none.call('update', '--mem-bw-schema', 'MB:0=50', none.id), {
    status: 1,
    text: /updating a non-existent Intel RDT configuration is not supported/,
  });
});

t.test('events tells what resctrl says of the group', options, async (t) => {
  const one = life(t, { l3CacheSchema: 'L3:0=f', enableMonitoring: true });
  t.match(one.create(), { status: 0 });
  t.match(one.call('start', one.id), { status: 0 });
  const { intel_rdt } = JSON.parse(one.call('events', '--stats', one.id).text).data;
  t.strictSame(intel_rdt, {
    l3_cache_info: { cbm_mask: 'fffff', min_cbm_bits: 2, num_closids: 16 },
    l3_cache_schema_root: 'L3:0=fffff;1=fffff',
    l3_cache_schema: 'L3:0=0000f;1=fffff',
    mem_bw_info: { bandwidth_gran: 10, delay_linear: 1, min_bandwidth: 10, num_closids: 8 },
    mem_bw_schema_root: 'MB:0=100;1=100',
    mem_bw_schema: 'MB:0=100;1=100',
    schemata: ['MB:0=100;1=100', 'L3:0=0000f;1=fffff'],
    // a counter that is not available counts nothing
    mbm_stats: [
      { mbm_total_bytes: 12, mbm_local_bytes: 0 },
      { mbm_total_bytes: 34, mbm_local_bytes: 0 },
    ],
    cmt_stats: [{ llc_occupancy: 12 }, { llc_occupancy: 34 }],
  });
  t.equal(Object.keys(intel_rdt)[0], 'l3_cache_info');
});
