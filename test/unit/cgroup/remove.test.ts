import t from 'tap';
import { removeCgroup } from '../../../src/cgroup/remove.ts';
import type { Native, NativeError } from '../../../src/native/contract.ts';
import { fakeHost } from '../../fakes/native.ts';

const CGROUP = 0x27e0eb;

function busy(path: string): NativeError {
  return Object.assign(new Error('device or resource busy'), { code: 'EBUSY', errno: 16, syscall: 'unlinkat', path });
}

/** Hierarchies a and b; `tries` of rmdir in a are refused. Time passes while it waits. */
function machine(tries: number, filesystem = CGROUP): { native: Native; removed: string[]; slept: () => number } {
  const removed: string[] = [];
  let left = tries;
  let now = 0;
  const { native } = fakeHost({
    functions: {
      statfs: () => filesystem,
      monotonic: () => BigInt(now) * 1_000_000n,
      poll: (_fds, timeout) => {
        now += timeout;
        return [];
      },
      openat2: () => 7,
      open: () => 8,
      readdir: () => [],
      unlink: (directory, path) => {
        if (path !== '/cg/b/c' && left-- > 0) throw busy(path);
        removed.push(`${directory} ${path}`);
      },
    },
  });
  return { native, removed, slept: () => now };
}

const directories = ['a', 'b'].map((hierarchy) => ({
  hierarchy,
  version: 1 as const,
  controllers: [hierarchy],
  mountpoint: `/cg/${hierarchy}`,
  path: `/cg/${hierarchy}/c`,
}));

t.test('an empty one goes at once', async (t) => {
  const { native, removed, slept } = machine(0);
  removeCgroup(native, { mode: 'v1', directories });
  t.strictSame(removed, ['-100 /cg/a/c', '-100 /cg/b/c']);
  t.equal(slept(), 0);
});

t.test('a busy one is tried again', async (t) => {
  const { native, removed, slept } = machine(6);
  removeCgroup(native, { mode: 'v1', directories });
  t.strictSame(removed, ['7 c', '-100 /cg/b/c']);
  t.ok(slept() > 0);
});

t.test('one that stays busy is told, and the others are gone', async (t) => {
  const { native, removed, slept } = machine(Number.POSITIVE_INFINITY);
  t.throws(() => removeCgroup(native, { mode: 'v1', directories }), {
    message: 'unable to remove cgroup /cg/a/c: it is still in use',
  });
  t.strictSame(removed, ['-100 /cg/b/c']);
  t.ok(slept() >= 10_000 && slept() < 11_000, `${slept()} ms`);
});

t.test('what is no cgroup below its mount is left alone', async (t) => {
  const { native, removed } = machine(0, 0xef53);
  removeCgroup(native, { mode: 'v1', directories });
  const below = machine(0);
  for (const path of ['/cg/a', '/cg/a/', '/cg/ab/c', '/cg/a/../b', '/cg/a//c', '/cg/a/./c', '/etc'])
    removeCgroup(below.native, { mode: 'v1', directories: directories.slice(0, 1).map((one) => ({ ...one, path })) });
  t.strictSame([...removed, ...below.removed], []);
});
