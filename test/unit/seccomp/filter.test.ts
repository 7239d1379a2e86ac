// A profile, by way of the cache or the compiler, to what init gets.
import { createHash } from 'node:crypto';
import t from 'tap';
import type { LinuxSeccomp, LinuxSyscall } from '../../../src/oci/types.ts';
import { cacheKey } from '../../../src/seccomp/cache.ts';
import * as compiler from '../../../src/seccomp/compile.ts';
import { makeFilter } from '../../../src/seccomp/filter.ts';
import { filterFlags } from '../../../src/seccomp/flags.ts';
import { fakeHost } from '../../fakes/native.ts';

function host(machine = 'x86_64') {
  return fakeHost({
    cold: compiler,
    functions: {
      blake2b: (data) => createHash('blake2b512').update(data).digest('hex'),
      uname: () => ({ release: '6.1.0', machine }),
    },
  }).native;
}

const profile: LinuxSeccomp = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [
    {
      names: ['mkdir', 'x'],
      action: 'SCMP_ACT_NOTIFY',
      args: [{ index: 1, value: 2n ** 64n - 1n, op: 'SCMP_CMP_NE' }],
    },
  ],
  listenerPath: '/agent',
  listenerMetadata: 'm',
};

t.test('a profile becomes a program, flags and an agent', async (t) => {
  const made = makeFilter(host(), profile, undefined);
  t.ok((made?.program.length ?? 0) > 8);
  t.strictSame(made?.unknown, ['x']);
  t.strictSame(made?.agent, { path: '/agent', metadata: 'm' });
  t.equal(made?.flags, 4 | 8);
});

t.test('one that asks for nothing is none', async (t) => {
  t.equal(makeFilter(host(), {} as LinuxSeccomp, undefined), undefined);
});

t.test('what only the compiler finds is a failure with its place', async (t) => {
  const other = { names: ['mkdir'], action: 'SCMP_ACT_LOG', args: profile.syscalls?.[0]?.args ?? [] } as const;
  t.throws(() => makeFilter(host(), { ...profile, syscalls: [...(profile.syscalls ?? []), other] }, undefined), {
    name: 'Failure',
    message: 'seccomp rule contradicts that of /linux/seccomp/syscalls/0',
    pointer: '/linux/seccomp/syscalls/1',
  });
  const many = (calls: readonly string[], count: number) =>
    calls.flatMap((name) =>
      Array.from({ length: count }, (_, value): LinuxSyscall => {
        const args = [{ index: 0, value: 2 ** 33 * value, op: 'SCMP_CMP_NE' } as const];
        return { names: [name], action: 'SCMP_ACT_LOG', args };
      }),
    );
  t.throws(() => makeFilter(host(), { ...profile, syscalls: many(['ioctl'], 257) }, undefined), {
    message: 'seccomp rules for one system call have 257 conditions: there can be 256',
    pointer: '/linux/seccomp/syscalls/256',
  });
  const calls = ['ioctl', 'prctl', 'fcntl', 'socket', 'clone', 'mmap', 'open', 'read', 'kill', 'bind', 'stat', 'poll'];
  const different = many(calls, 256).map((entry, index) => ({
    ...entry,
    args: [{ index: 0, value: index * 7 + 2 ** 32 * index, op: 'SCMP_CMP_EQ' } as const],
  }));
  t.throws(() => makeFilter(host(), { ...profile, syscalls: different }, undefined), {
    message: /instructions is too long: the kernel takes 4096/,
    pointer: '/linux/seccomp',
  });
  t.throws(() => makeFilter(host('vax'), profile, undefined), { message: /kind vax/, pointer: '/linux/seccomp' });
});

t.test('the key is that of everything that the program depends on, and of nothing else', async (t) => {
  const key = (change: Partial<LinuxSeccomp>) => cacheKey(host(), { ...profile, ...change }, 'SCMP_ARCH_X86_64');
  t.match(key({}), /^[0-9a-f]{64}$/);
  t.equal(key({ listenerMetadata: 'other', listenerPath: '/other', flags: [] }), key({}));
  const others = [
    key({ defaultErrnoRet: 1 }),
    key({ defaultAction: 'SCMP_ACT_LOG' }),
    key({ architectures: ['SCMP_ARCH_X86'] }),
    key({ syscalls: [] }),
    cacheKey(host(), profile, 'SCMP_ARCH_AARCH64'),
  ];
  t.equal(new Set([key({}), ...others]).size, 6);
});

t.test('flags', async (t) => {
  t.equal(filterFlags(undefined, false), 4, 'as runc');
  t.equal(filterFlags([], false), 0);
  t.equal(filterFlags(['SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_LOG'], false), 2);
  t.equal(filterFlags(['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'], false), 0);
  t.equal(filterFlags(['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'], true), 40);
});
