import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import {
  checkConfig,
  checkFeatures,
  checkProcess,
  checkResources,
  checkState,
  type Problem,
} from '../../../src/oci/schema.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const linux = JSON.parse(readFileSync(join(here, '../../data/schema-vectors/config-linux.json'), 'utf8'));

/** The problem of a configuration that has one value, by its pointer of plain keys. */
function problemAt(pointer: string, value: unknown): Problem | undefined {
  const keys = pointer.split('/').slice(1);
  const inner = keys.reduceRight<unknown>((item, key) => (/^\d+$/.test(key) ? [item] : { [key]: item }), value);
  return checkConfig({ ociVersion: '1.3.0', ...(inner as object) }).find((problem) => problem.pointer === pointer);
}

t.test('a sentence for every rule', async (t) => {
  const sentences: readonly (readonly [pointer: string, value: unknown, message: string | undefined])[] = [
    ['/hostname', 5, 'must be a string, is 5'],
    ['/hostname', null, 'must be a string, is null'],
    ['/hostname', 18446744073709551616n, 'must be a string, is 18446744073709551616'],
    ['/root', [], 'must be an object, is an empty array'],
    ['/mounts', {}, 'must be an array, is an object'],
    ['/linux/sysctl', ['x'], 'must be an object, is an array'],
    ['/root/readonly', 'yes', 'must be a boolean, is "yes"'],
    ['/process/user/uid', 'x', 'must be an integer between 0 and 4294967295, is "x"'],
    ['/process/user/uid', -1, 'must be an integer between 0 and 4294967295, is -1'],
    ['/process/oomScoreAdj', 1.5, 'must be an integer, is 1.5'],
    ['/hooks/poststop/0/timeout', 0, 'must be an integer of at least 1, is 0'],
    [
      '/process/ioPriority/class',
      'x',
      'must be one of "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE" or "IOPRIO_CLASS_IDLE", is "x"',
    ],
    ['/windows/devices/0/idType', false, 'must be "class", is false'],
    ['/process/rlimits/0/type', 'NOFILE', 'must match ^RLIMIT_[A-Z]+$, is "NOFILE"'],
    ['/linux/seccomp/syscalls/0/names', [], 'must have at least 1 entry, is an empty array'],
    ['/linux/seccomp/syscalls/0/action', undefined, 'is required'],
    ['/hostname', 'cell', undefined],
  ];
  for (const [pointer, value, message] of sentences)
    t.equal(problemAt(pointer, value)?.message, message, `${pointer} ${String(value)}`);
});

t.test('a value is shown in short', async (t) => {
  const message = problemAt('/linux/rootfsPropagation', `${'x'.repeat(77)}\u{1f600}${'x'.repeat(1000)}`)?.message ?? '';
  t.match(message, /, is "x{77}…$/, 'cut, and not inside a surrogate pair');
});

t.test('the pointer of a key is escaped', async (t) => {
  t.same(
    checkConfig({ ociVersion: '1.3.0', annotations: { 'a/b~c': 1 }, linux: { netDevices: { '~/': { name: 2 } } } }),
    [
      { pointer: '/annotations/a~1b~0c', message: 'must be a string, is 1' },
      { pointer: '/linux/netDevices/~0~1/name', message: 'must be a string, is 2' },
    ],
  );
});

t.test('all problems are reported, a missing property where it should be', async (t) => {
  t.same(checkConfig({ root: {}, process: { cwd: 1, args: ['sh', 2] }, mounts: [{ type: 'proc' }, 3] }), [
    { pointer: '/ociVersion', message: 'is required' },
    { pointer: '/root/path', message: 'is required' },
    { pointer: '/mounts/0/destination', message: 'is required' },
    { pointer: '/mounts/1', message: 'must be an object, is 3' },
    { pointer: '/process/cwd', message: 'must be a string, is 1' },
    { pointer: '/process/args/1', message: 'must be a string, is 2' },
  ]);
});

t.test('a document that is no object', async (t) => {
  for (const value of [null, [], 'x', 1, true, 1n]) t.equal(checkConfig(value)[0]?.pointer, '', String(value));
});

t.test('process and resources are judged alone as in a configuration', async (t) => {
  t.same(checkProcess(linux.process), []);
  t.same(checkResources(linux.linux.resources), []);
  t.same(
    checkProcess({ rlimits: [{}] }).map(({ pointer }) => pointer),
    ['/cwd', '/rlimits/0/type', '/rlimits/0/soft', '/rlimits/0/hard'],
  );
  t.same(checkResources({ pids: {}, cpu: { shares: -1 } }), [
    { pointer: '/cpu/shares', message: 'must be an integer between 0 and 18446744073709551615, is -1' },
    { pointer: '/pids/limit', message: 'is required' },
  ]);
});

t.test('state and features', async (t) => {
  t.same(checkState({ ociVersion: '1.3.0', id: 'a', status: 'paused', bundle: '/b', pid: -1 }), [
    { pointer: '/status', message: 'must be one of "creating", "created", "running" or "stopped", is "paused"' },
    { pointer: '/pid', message: 'must be an integer of at least 0, is -1' },
  ]);
  t.same(checkFeatures({ ociVersionMin: '1.0.0', ociVersionMax: '1.3.0', linux: { intelRdt: { schemata: 1 } } }), [
    { pointer: '/linux/intelRdt/schemata', message: 'must be a boolean, is 1' },
  ]);
});

t.test('maps without a prototype, as the strict parser makes them', async (t) => {
  const bare = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(bare);
    if (typeof value !== 'object' || value === null) return value;
    return Object.assign(
      Object.create(null),
      Object.fromEntries(Object.entries(value).map(([key, item]) => [key, bare(item)])),
    );
  };
  t.same(checkConfig(bare(linux)), []);
  t.same(
    checkConfig(bare({ annotations: { constructor: 1 } })).map(({ pointer }) => pointer),
    ['/ociVersion', '/annotations/constructor'],
  );
});

t.test('names that runc takes beside those of the spec', async (t) => {
  for (const name of ['rshared', 'rslave', 'rprivate', 'runbindable'])
    t.equal(problemAt('/linux/rootfsPropagation', name), undefined, name);
  t.ok(problemAt('/linux/rootfsPropagation', 'recursive'));
});

t.test('bounds of integers are exact', async (t) => {
  const bounds: readonly (readonly [pointer: string, least: bigint, most: bigint])[] = [
    ['/freebsd/jail/enforceStatfs', 0n, 2n ** 8n - 1n],
    ['/freebsd/devices/0/mode', 0n, 511n],
    ['/linux/resources/blockIO/weight', 0n, 2n ** 16n - 1n],
    ['/linux/devices/0/fileMode', 0n, 2n ** 32n - 1n],
    ['/process/user/umask', 0n, 2n ** 32n - 1n],
    ['/process/scheduler/nice', -(2n ** 31n), 2n ** 31n - 1n],
    ['/linux/resources/memory/limit', -(2n ** 63n), 2n ** 63n - 1n],
    ['/linux/resources/memory/swappiness', 0n, 2n ** 64n - 1n],
    ['/process/rlimits/0/hard', 0n, 2n ** 64n - 1n],
  ];
  for (const [pointer, least, most] of bounds) {
    for (const value of [least, least + 1n, 0n, most - 1n, most])
      t.equal(problemAt(pointer, value), undefined, `${pointer} ${value}`);
    for (const value of [least - 1n, most + 1n, 2n ** 65n, -(2n ** 65n)]) {
      t.equal(problemAt(pointer, value)?.message, `must be an integer between ${least} and ${most}, is ${value}`);
    }
    for (const value of [least - 1n, least, most, most + 1n].filter((bound) => BigInt(Number(bound)) === bound)) {
      const verdict = problemAt(pointer, value) === undefined;
      t.equal(problemAt(pointer, Number(value)) === undefined, verdict, `${pointer} ${value}: a number as a bigint`);
    }
  }
});

t.test('a double above 2^53 is the integer that it is', async (t) => {
  t.equal(problemAt('/linux/resources/memory/limit', 2 ** 63 - 1024), undefined);
  t.ok(problemAt('/linux/resources/memory/limit', 2 ** 63));
  t.equal(problemAt('/process/rlimits/0/hard', 2 ** 64 - 2048), undefined);
  t.ok(problemAt('/process/rlimits/0/hard', 2 ** 64));
});

t.test('what is an integer', async (t) => {
  for (const value of [0, -0, 1n, JSON.parse('1.0'), JSON.parse('1e3')])
    t.equal(problemAt('/process/user/uid', value), undefined, String(value));
  for (const value of [0.5, Number.NaN, Infinity, -Infinity, '1', true, [1], {}])
    t.ok(problemAt('/process/oomScoreAdj', value), String(value));
  for (const value of [2n ** 70n, -(2n ** 70n), 1e300])
    t.equal(problemAt('/process/oomScoreAdj', value), undefined, 'the spec gives no bound');
});
