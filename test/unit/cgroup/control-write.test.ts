import t from 'tap';
import { writeControls } from '../../../src/cgroup/control-write.ts';
import type { Fd, Native } from '../../../src/native/contract.ts';
import type { ControlWrite } from '../../../src/plan/plan.ts';
import { fakeHost, nativeError } from '../../fakes/native.ts';

type Code = Parameters<typeof nativeError>[2];

const pointer = '/linux/resources/x';
const write = (file: string, value: string, more: Partial<ControlWrite> = {}): ControlWrite => ({
  file: `/cg/c/${file}`,
  value,
  pointer,
  ...more,
});

/** A cgroup whose files answer as told: an errno for each write to the file, undefined when it works. */
function cgroup(files: Record<string, string>, answers: Record<string, (Code | undefined)[]> = {}) {
  const writes: string[] = [];
  const { native } = fakeHost({
    functions: {
      openat2: () => 9 as Fd,
      close: () => {},
      readText: (_directory, name) => {
        const text = files[name];
        if (text === undefined) throw nativeError('open', name, 'ENOENT');
        return text;
      },
      writeControl: (_directory, name, text) => {
        writes.push(`${name} ${text}`);
        const code = answers[name]?.shift();
        if (code !== undefined) throw nativeError('write', name, code);
      },
    },
  });
  const run = (...limits: ControlWrite[]) =>
    writeControls(native as Native, { directory: 5 as Fd, path: '/cg/c' }, limits);
  return { run, writes };
}

t.test('in order', async (t) => {
  const { run, writes } = cgroup({});
  run(write('a', '1'), write('b', '2'));
  t.strictSame(writes, ['a 1', 'b 2']);
});

t.test('what is compared with a later value is tried again behind it, once', async (t) => {
  const limits = [write('period', '1', { retried: true }), write('quota', '2')];
  const grown = cgroup({}, { period: ['EINVAL'] });
  grown.run(...limits);
  t.strictSame(grown.writes, ['period 1', 'quota 2', 'period 1']);
  const wrong = cgroup({}, { period: ['EINVAL', 'EINVAL'] });
  t.throws(() => wrong.run(...limits), {
    message: 'unable to write "1" to cgroup file period: invalid argument',
    pointer,
  });
  t.equal(wrong.writes.length, 3);
  const other = cgroup({}, { period: ['EBUSY'] });
  t.throws(() => other.run(...limits), { message: /^unable to write /, pointer });
  t.strictSame(other.writes, ['period 1'], 'another errno is the answer');
});

t.test('another file where the first is not there', async (t) => {
  const otherwise = { file: '/cg/c/io.weight', value: '910' };
  const without = cgroup({}, { 'io.bfq.weight': ['ENOENT'] });
  without.run(write('io.bfq.weight', '100', { otherwise }));
  t.strictSame(without.writes, ['io.bfq.weight 100', 'io.weight 910']);
  const withIt = cgroup({});
  withIt.run(write('io.bfq.weight', '100', { otherwise }));
  t.strictSame(withIt.writes, ['io.bfq.weight 100']);
  const neither = cgroup({}, { 'io.bfq.weight': ['ENOENT'], 'io.weight': ['ENOENT'] });
  t.throws(() => neither.run(write('io.bfq.weight', '100', { otherwise })), {
    message: 'cgroup file io.weight is not available: no i/o scheduler has weights; load the kernel module bfq',
  });
});

t.test('an optional file may be absent, and no more than that', async (t) => {
  const absent = cgroup({}, { f: ['ENOENT'] });
  absent.run(write('f', '1', { optional: true }));
  const refused = cgroup({}, { f: ['EINVAL'] });
  t.throws(() => refused.run(write('f', '1', { optional: true })), { message: /^unable to write /, pointer });
  const idle = cgroup({}, { f: ['EINVAL'], g: ['ERANGE'] });
  idle.run(write('f', '1', { tolerated: 'EINVAL' }));
  t.throws(() => idle.run(write('g', '1', { tolerated: 'EINVAL' })), { message: /^unable to write /, pointer });
});

t.test('checkBeforeUpdate: nothing is written below the usage', async (t) => {
  const usage = {
    file: 'memory.current',
    bounds: [
      { limit: 300n, name: 'memory+swap limit' },
      { limit: 100n, name: 'memory limit' },
    ],
  };
  const limits = [write('swap', '200'), write('max', '100', { usage })];
  const rejected = cgroup({ 'memory.current': '100\n' });
  t.throws(() => rejected.run(...limits), { message: 'rejecting memory limit 100 <= usage 100', pointer });
  t.strictSame(rejected.writes, []);
  t.throws(() => cgroup({ 'memory.current': '301\n' }).run(...limits), {
    message: 'rejecting memory+swap limit 300 <= usage 301',
  });
  for (const files of [{ 'memory.current': '99\n' }, {}]) {
    const taken = cgroup(files as Record<string, string>);
    taken.run(...limits);
    t.equal(taken.writes.length, 2);
  }
});

t.test('what the kernel refuses is explained', async (t) => {
  const files = {
    'memory.usage_in_bytes': '500\n',
    'memory.max_usage_in_bytes': '600\n',
    'cpuset.cpus': '0-1\n',
    'cpu.rt_runtime_us': '0\n',
  };
  const cases: readonly (readonly [file: string, code: Code, message: string])[] = [
    ['memory.limit_in_bytes', 'EBUSY', 'unable to set memory limit to 7 (current usage: 500, peak usage: 600)'],
    [
      'cpuset.cpus',
      'EACCES',
      'unable to write "7" to cgroup file cpuset.cpus: access refused (EACCES) (the cgroup above has 0-1)',
    ],
    [
      'cpu.rt_runtime_us',
      'EINVAL',
      'unable to write "7" to cgroup file cpu.rt_runtime_us: invalid argument (the cgroup above has a cpu.rt_runtime_us of 0)',
    ],
    ['io.max', 'ENODEV', 'unable to write "7" to cgroup file io.max: no such device (there is no such block device)'],
    [
      'cpu.rt_period_us',
      'ENOENT',
      'cgroup file cpu.rt_period_us is not available: the kernel is built without CONFIG_RT_GROUP_SCHED',
    ],
  ];
  for (const [file, code, message] of cases)
    t.throws(() => cgroup(files, { [file]: [code] }).run(write(file, '7')), { message, pointer }, `${file} ${code}`);
});

t.test('unified has texts of its own', async (t) => {
  const files = { 'cgroup.controllers': 'memory pids\n' };
  const place = { pointer: '/linux/resources/unified/io.max' };
  for (const code of ['ENOENT', 'EPERM', 'EACCES'] as const)
    t.throws(() => cgroup(files, { 'io.max': [code] }).run(write('io.max', '7', place)), {
      message: 'unified resource "io.max" can\'t be set: controller "io" not available',
      ...place,
    });
  t.throws(() => cgroup(files, { 'memory.nothing': ['ENOENT'] }).run(write('memory.nothing', '7', place)), {
    message: 'unable to set unified resource "memory.nothing" to "7": this kernel does not have the file',
  });
});

t.test('no text is one that engines take for a missing or forbidden command', async (t) => {
  for (const code of ['ENOENT', 'EACCES', 'EPERM'] as const)
    for (const file of ['memory.max', 'cpuset.cpus', 'io.weight'])
      for (const place of [pointer, '/linux/resources/unified/x.y'])
        try {
          cgroup({}, { [file]: [code] }).run(write(file, '7', { pointer: place }));
          t.fail('it was written');
        } catch (error) {
          t.notMatch(String(error), /no such file|permission denied|operation not permitted/i, `${file} ${code}`);
        }
});
