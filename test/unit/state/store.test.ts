import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Native } from '../../../src/native/contract.ts';
import { type ContainerDirectory, reserveDirectory } from '../../../src/state/directory.ts';
import type { ContainerRecord, Intent } from '../../../src/state/record.ts';
import { createRoot } from '../../../src/state/root.ts';
import { loadIntent, loadRecord, publishRecord, saveIntent, stageRecord } from '../../../src/state/store.ts';
import { native } from '../../native/host.ts';

const init = { pid: 42, startTime: 4711, bootId: 'b' };

const intent: Intent = {
  version: 1,
  id: 'x',
  bundle: '/b',
  annotations: { ü: '"\u0001' },
  cgroup: {
    mode: 'v2',
    directories: [{ version: 2, controllers: ['pids'], mountpoint: '/sys/fs/cgroup', path: '/sys/fs/cgroup/x' }],
  },
  privatePidNamespace: true,
  poststop: [{ path: '/bin/true', timeout: 18446744073709551615n }],
};

const record: ContainerRecord = {
  ...intent,
  rootfs: '/b/rootfs',
  created: '2026-01-01T00:00:00Z',
  init,
  namespaces: 0x20000,
  noNewKeyring: false,
  process: { capabilities: [1, 1, 1, 0, 0], rlimits: [{ type: 'RLIMIT_AS', soft: 1, hard: 18446744073709551615n }] },
  poststart: [],
  systemdCgroup: false,
  rootless: false,
};

function reserve(t: Test): { directory: ContainerDirectory; path: string } {
  const root = mkdtempSync(join(tmpdir(), 'noci-state-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return { directory: reserveDirectory(native, createRoot(native, root), 'x', 30), path: join(root, 'x') };
}

/** Objects of the strict parser have no prototype; the comparison is about what they hold. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `${item}n` : item)));

t.test('what is saved is what is loaded, 64-bit numbers too', async (t) => {
  const { directory, path } = reserve(t);
  t.equal(loadIntent(native, directory), undefined);
  t.equal(loadRecord(native, directory), undefined);
  saveIntent(native, directory, intent);
  t.strictSame(plain(loadIntent(native, directory)), plain(intent));
  t.equal(loadRecord(native, directory), undefined, 'the container does not exist yet');
  saveIntent(native, directory, { ...intent, init });
  t.strictSame(plain(loadIntent(native, directory)?.init), init);
  stageRecord(native, directory, record);
  t.equal(loadRecord(native, directory), undefined, 'the container still does not exist');
  publishRecord(native, directory);
  t.strictSame(plain(loadRecord(native, directory)), plain(record));
  t.equal(loadIntent(native, directory), undefined, 'the intent has done its work');
  t.strictSame(readdirSync(path), ['state.json']);
  t.equal(statSync(join(path, 'state.json')).mode & 0o7777, 0o600);
});

t.test('a save that is stopped anywhere leaves the old file or the new one', async (t) => {
  const { directory, path } = reserve(t);
  saveIntent(native, directory, intent);
  const old = readFileSync(join(path, 'creating.json'), 'utf8');
  for (const call of ['open', 'fchmod', 'write', 'fsync', 'close', 'rename'] as const) {
    const stopped: Native = {
      ...native,
      [call]: () => {
        throw new Error('stopped');
      },
    };
    t.throws(() => saveIntent(stopped, directory, { ...intent, init }), { message: 'stopped' }, call);
    t.equal(readFileSync(join(path, 'creating.json'), 'utf8'), old, `${call}: the old one`);
  }
  saveIntent(native, directory, { ...intent, init });
  t.strictSame(readdirSync(path), ['creating.json'], 'and what was left is not in the way');
});

/** Without the numbers that JSON.stringify cannot write. */
const simple = { ...record, poststop: [], process: {} };

/** What somebody may have made of a record; each is refused with these words. */
const forged: readonly (readonly [content: unknown, text: string])[] = [
  [null, 'is not an object'],
  [[], 'has version undefined, not 1'],
  [{ ...simple, version: 2 }, 'has version 2, not 1'],
  [{ ...simple, id: 'y' }, 'belongs to another container'],
  ...[0, 1, -1, 4194305, '42', null, true].map(
    (pid) => [{ ...simple, init: { ...init, pid } }, 'has no valid pid'] as const,
  ),
  [{ ...simple, init: undefined }, 'has no valid pid'],
  ...[undefined, null, '131072', true].map(
    (namespaces) => [{ ...simple, namespaces }, 'has no valid namespaces'] as const,
  ),
  [{ ...simple, cgroup: undefined }, 'has no valid cgroup'],
  ...['/sys/fs/cgroup', '/sys/fs/cgroup/../../etc', '/etc', ''].map(
    (path) =>
      [
        { ...simple, cgroup: { mode: 'v2', directories: [{ mountpoint: '/sys/fs/cgroup', path }] } },
        'has no valid cgroup',
      ] as const,
  ),
];

t.test('what is no record is refused, and said to be corrupt', async (t) => {
  const { directory, path } = reserve(t);
  for (const [content, text] of forged) {
    const forgedText = JSON.stringify(content);
    writeFileSync(join(path, 'state.json'), forgedText);
    t.throws(
      () => loadRecord(native, directory),
      { message: `state of container x: state.json ${text}` },
      forgedText.slice(0, 60),
    );
  }
  for (const text of ['', '{', '{"version":1', '{"a":1,"a":2}', '\0']) {
    writeFileSync(join(path, 'state.json'), text);
    t.throws(
      () => loadRecord(native, directory),
      { message: /^state of container x: state.json / },
      JSON.stringify(text),
    );
  }
});

t.test('every prefix of a record is refused', async (t) => {
  const { directory, path } = reserve(t);
  saveIntent(native, directory, intent);
  stageRecord(native, directory, record);
  publishRecord(native, directory);
  const whole = readFileSync(join(path, 'state.json'));
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(join(path, 'state.json'), whole.subarray(0, length));
    t.throws(() => loadRecord(native, directory), `${length} of ${whole.length} bytes`);
  }
});
