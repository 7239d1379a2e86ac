// Who the container's process is, where it is, what it finds and how it is executed: `environment`, `cwd_create`,
// `credentials`, `lookup`, `execve`, in a root filesystem of busybox.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import t, { type Test } from 'tap';
import type { InitStep } from '../../src/native/contract.ts';
import { asRoot } from './host.ts';
import { credentials, enter, execute, makeRoot, runInit } from './process-run.ts';

type Fields = Parameters<typeof execute>[1];

const capabilities = (...numbers: number[]): bigint =>
  numbers.reduce((mask, number) => mask | (1n << BigInt(number)), 0n);
const CHOWN = 0;
const DAC_OVERRIDE = 1;
const DAC_READ_SEARCH = 2;
const SYS_CHROOT = 18;
const NET_RAW = 13;
const breakout =
  'current working directory is outside of container mount namespace root -- possible container breakout detected';

// biome-ignore lint/suspicious/noExplicitAny: the probe's document is as wide as the process state
function probe(t: Test, root: string, fields: Fields = {}): any {
  const outcome = runInit([...enter(t, root), ...execute(['/bin/probe'], fields)]);
  t.equal(outcome.failure, undefined, 'no step fails');
  return { ...JSON.parse(outcome.stdout), warnings: outcome.warnings };
}

/** The text of the failure, '' when there is none and init ended well. */
function refusal(t: Test, root: string, steps: readonly InitStep[]): string {
  const { failure, exit } = runInit([...enter(t, root), ...steps]);
  return failure?.text ?? (exit.status === 0 ? '' : `init ended with ${JSON.stringify(exit)}`);
}

t.test('ids, groups and the five sets are exactly what was asked for', { ...asRoot }, async (t) => {
  const state = probe(t, makeRoot(t), {
    uid: 1000,
    gid: 1001,
    groups: [5, 7, 5],
    setCapabilities: 1,
    bounding: capabilities(CHOWN, DAC_OVERRIDE, NET_RAW),
    permitted: capabilities(CHOWN, DAC_OVERRIDE),
    effective: capabilities(CHOWN),
    inheritable: capabilities(DAC_OVERRIDE),
    ambient: capabilities(CHOWN, DAC_OVERRIDE),
  });
  t.match(state, { uid: [1000, 1000, 1000], gid: [1001, 1001, 1001], groups: [5, 5, 7] });
  // An execve(2) by somebody without file capabilities leaves the ambient set in the other two. capabilities(7)
  const sets = { bounding: '2003', permitted: '2', effective: '2', inheritable: '2', ambient: '2' };
  t.strictSame(state.capabilities, sets);
  t.strictSame(state.warnings, ["can't raise ambient capability CAP_CHOWN: operation not permitted"]);
});

t.test('root gets the bounding set and no inheritable one', { ...asRoot }, async (t) => {
  const bounding = capabilities(CHOWN, NET_RAW);
  const state = probe(t, makeRoot(t), { setCapabilities: 1, bounding, permitted: bounding, effective: bounding });
  const sets = { bounding: '2001', permitted: '2001', effective: '2001', inheritable: '0', ambient: '0' };
  t.strictSame(state.capabilities, sets);
});

t.test('without capabilities the bounding set stays and a user has no others', { ...asRoot }, async (t) => {
  const root = makeRoot(t);
  const mine = probe(t, root);
  const theirs = probe(t, root, { uid: 1000, gid: 1000 });
  t.equal(theirs.capabilities.bounding, mine.capabilities.bounding);
  t.match(theirs.capabilities, { permitted: '0', effective: '0', inheritable: '0', ambient: '0' });
});

t.test('groups of the runtime do not stay, also when none are asked for', { ...asRoot }, async (t) => {
  const before = process.getgroups?.() ?? [];
  process.setgroups?.([4, 6, 10, 27]);
  t.teardown(() => process.setgroups?.(before));
  const root = makeRoot(t);
  t.strictSame(probe(t, root, { uid: 1000, gid: 1000 }).groups, []);
  const many = Array.from({ length: 65 }, (_, index) => index * 3);
  t.strictSame(probe(t, root, { groups: many }).groups, many);
  t.strictSame(probe(t, root, { setgroups: 0 }).groups, [4, 6, 10, 27], 'unless setgroups is not allowed');
});

t.test('numbers that are no ids are refused', { ...asRoot }, async (t) => {
  for (const fields of [{ uid: 2 ** 32 - 1 }, { uid: 2 ** 32 }, { uid: -1 }, { gid: 2 ** 32 }, { groups: [2 ** 32] }]) {
    const { failure } = runInit([credentials(fields)]);
    t.equal(failure?.code, 'EINVAL', JSON.stringify(fields));
  }
});

t.test('the working directory is entered by whoever may', { ...asRoot }, async (t) => {
  const root = makeRoot(t);
  mkdirSync(join(root, 'roots'), { mode: 0o700 });
  mkdirSync(join(root, 'users'), { mode: 0o700 });
  chownSync(join(root, 'users'), 1000, 1000);
  t.equal(probe(t, root, { uid: 1000, cwd: '/roots' }).cwd, '/roots', 'root before the change');
  // Without CAP_DAC_* root is not let in, which the first step of two in this plan sees to.
  const powerless = credentials({
    setCapabilities: 1,
    bounding: ~capabilities(DAC_OVERRIDE, DAC_READ_SEARCH),
    permitted: capabilities(6, 7, 8, SYS_CHROOT),
    effective: capabilities(6, 7, 8, SYS_CHROOT),
  });
  const late = runInit([...enter(t, root), powerless, ...execute(['/bin/probe'], { uid: 1000, cwd: '/users' })]);
  t.equal(JSON.parse(late.stdout || '{}').cwd, '/users', 'the user after the change');
  const text = (uid: number, cwd: string) => refusal(t, root, [powerless, credentials({ uid, cwd })]);
  t.equal(text(1001, '/users'), 'chdir to cwd ("/users") set in config.json failed: permission denied');
  t.equal(text(0, '/n"o'), 'chdir to cwd ("/n\\"o") set in config.json failed: no such file or directory');
});

t.test('a working directory outside of the container is refused', { ...asRoot }, async (t) => {
  const root = makeRoot(t);
  const host = openSync('/', 'r');
  t.teardown(() => closeSync(host));
  const pivot: InitStep[] = [{ step: 'unshare', flags: 0x0002_0000 }, ...enter(t, root)];
  const escaping = [...pivot, ...execute(['/bin/true'], { cwd: '/proc/self/fd/4' })];
  // Without a procfs in the container the path leads nowhere; with one, the kernel says that it is unreachable.
  t.match(runInit(escaping, { preserved: [host] }).failure?.text, /^chdir to cwd .* no such file or directory$/);
  execFileSync('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
  t.teardown(() => execFileSync('umount', [join(root, 'proc')]));
  t.equal(runInit(escaping, { preserved: [host] }).failure?.text, breakout);
  mkdirSync(join(root, 'gone'));
  const removed: InitStep[] = [...enter(t, root), credentials({ cwd: '/gone' }), hook(['/bin/rmdir', '/gone'])];
  t.equal(runInit([...removed, { step: 'lookup', name: '/bin/true' }]).failure?.text, breakout, 'a removed one too');
});

function hook(args: readonly string[]): InitStep {
  const rest = { env: [], inheritEnv: 0, timeout: 5000, state: '', cwd: '' };
  return { step: 'hook', kind: 'createContainer', index: 0, path: args[0] ?? '', args, ...rest };
}

t.test('cwd_create makes what is missing, 0755, and says why not in the words of Go', { ...asRoot }, async (t) => {
  const root = makeRoot(t);
  writeFileSync(join(root, 'file'), '');
  symlinkSync('/nowhere', join(root, 'link'));
  symlinkSync('/../../../tmp', join(root, 'inside'));
  const before = process.umask(0o077);
  t.teardown(() => process.umask(before));
  const create = (path: string) => refusal(t, root, [{ step: 'cwd_create', path }]);
  for (const path of ['/a/b/c', '/a/b/c/', '//x//y/', '/a/../q', '/', '/inside/new']) t.equal(create(path), '', path);
  const { mode, uid } = statSync(join(root, 'a/b'));
  t.strictSame([mode & 0o7777, uid], [0o755, 0]);
  for (const path of ['a/b/c', 'x/y', 'q', 'tmp/new']) t.ok(statSync(join(root, path)).isDirectory(), path);
  t.equal(create('/link'), 'mkdir /link: file exists');
  t.equal(create('/link/below'), 'mkdir /link: file exists');
  t.equal(create('/file'), 'mkdir /file: not a directory');
  t.equal(create('/file/below'), 'mkdir /file: not a directory');
});

t.test('HOME is what the container’s passwd says, or "/"', { ...asRoot }, async (t) => {
  const root = makeRoot(t);
  const passwd = join(root, 'etc/passwd');
  const home = (uid: number, env: string[] = []) => {
    const steps: InitStep[] = [
      { step: 'environment', entries: env, uid },
      credentials(),
      { step: 'lookup', name: '/bin/env' },
      { step: 'ready' },
      { step: 'execve', args: ['env'] },
    ];
    return runInit([...enter(t, root), ...steps])
      .stdout.trim()
      .split('\n')
      .join(' ');
  };
  t.equal(home(0), 'HOME=/', 'without a passwd');
  const lines = [
    'root:x:0:0:root:/root:/bin/sh',
    'user:x:1000:1000::/home/user:/bin/sh',
    'short:x:5:5',
    'plus:x:+6:6::/plus:/',
    'empty:x:7:7:::',
    'relative:x:8:8::relative:/',
    'wrapped:x:4294967299:3::/wrapped:/',
    'nul\0:x:9:9::/nul:/',
    'eight:x:10:10::/eight:/:x',
    'last:x:11:11::/last:/bin/sh',
  ];
  writeFileSync(passwd, lines.join('\n'));
  t.strictSame(
    [0, 1000, 11].map((uid) => home(uid)),
    ['HOME=/root', 'HOME=/home/user', 'HOME=/last'],
  );
  for (const uid of [3, 5, 6, 7, 8, 9, 10, 12]) t.equal(home(uid), 'HOME=/', `uid ${uid}`);
  t.equal(home(1000, ['HOME=/set', 'A=1']), 'HOME=/set A=1');
  t.equal(home(1000, ['HOME=', 'A=1']), 'A=1 HOME=/home/user', 'an empty one is replaced');
});

t.test('a hostile passwd costs neither time nor memory', { ...asRoot }, async (t) => {
  const root = makeRoot(t);
  const passwd = join(root, 'etc/passwd');
  const steps: InitStep[] = [
    { step: 'environment', entries: [], uid: 0 },
    credentials(),
    { step: 'lookup', name: '/bin/env' },
    { step: 'ready' },
    { step: 'execve', args: ['env'] },
  ];
  const makers: { readonly [what: string]: () => void } = {
    fifo: () => execFileSync('mkfifo', [passwd]),
    directory: () => mkdirSync(passwd),
    'terminal device': () => execFileSync('mknod', [passwd, 'c', '5', '0']),
    'endless device': () => execFileSync('mknod', [passwd, 'c', '1', '5']),
    'link out of the root': () => symlinkSync('../../../../../../../../etc/passwd', passwd),
    'sparse file of 2 GiB': () => {
      writeFileSync(passwd, '');
      truncateSync(passwd, 2 ** 31);
    },
  };
  for (const [what, make] of Object.entries(makers)) {
    execFileSync('rm', ['-rf', passwd]);
    make();
    const before = performance.now();
    const { stdout, failure } = runInit([...enter(t, root), ...steps]);
    t.strictSame([stdout, failure], ['HOME=/\n', undefined], what);
    t.ok(performance.now() - before < 2000, `${what} is quick`);
  }
});

t.test('the lookup errors of Go', { ...asRoot }, async (t) => {
  const root = makeRoot(t);
  writeFileSync(join(root, 'plain'), '#!/bin/sh\n', { mode: 0o644 });
  writeFileSync(join(root, 'roots'), '#!/bin/sh\n', { mode: 0o700 });
  writeFileSync(join(root, 'here'), '#!/bin/sh\n', { mode: 0o755 });
  const find = (name: string, env: string[] = ['PATH=/nope:/bin'], fields: Fields = {}) =>
    refusal(t, root, [{ step: 'environment', entries: env, uid: 0 }, credentials(fields), { step: 'lookup', name }]);
  t.equal(find('true'), '');
  t.equal(find('foo'), 'exec: "foo": executable file not found in $PATH');
  t.equal(find(''), 'exec: "": executable file not found in $PATH');
  t.equal(find('a"b\n'), 'exec: "a\\"b\\n": executable file not found in $PATH');
  t.equal(find('/foo'), 'exec: "/foo": stat /foo: no such file or directory');
  t.equal(find('./foo'), 'exec: "./foo": stat ./foo: no such file or directory');
  t.equal(find('/plain/foo'), 'exec: "/plain/foo": stat /plain/foo: not a directory');
  t.match(find('/plain'), /^exec: "\/plain": permission denied; its mode 0644 lets uid 0 not execute it: /);
  t.equal(find('/etc'), 'exec: "/etc": is a directory: permission denied');
  t.equal(find('true', []), 'exec: "true": executable file not found in $PATH', 'no PATH');
  t.equal(find('true', ['PATH=']), 'exec: "true": executable file not found in $PATH', 'an empty PATH');
  t.equal(find('here', ['PATH=:/bin']), 'exec: "here": cannot run executable found relative to current directory');
  t.equal(find('/roots'), '', 'root may');
  t.match(
    find('/roots', [], { uid: 1000, gid: 1000 }),
    /^exec: "\/roots": permission denied; its mode /,
    'a user may not',
  );
});

t.test('an execve that fails is one line on stderr and status 255', { ...asRoot }, async (t) => {
  const root = makeRoot(t);
  writeFileSync(join(root, 'run.sh'), '#!/no/interpreter\n');
  writeFileSync(join(root, 'data'), '\0\0');
  for (const name of ['run.sh', 'data']) chmodSync(join(root, name), 0o755);
  const run = (name: string) => runInit([...enter(t, root), ...execute([name])]);
  t.match(run('/run.sh'), {
    ready: true,
    stderr: /^exec \/run\.sh: no such file or directory; its interpreter "\/no\/interpreter" is missing: .+\n$/,
    exit: { status: 255 },
  });
  t.match(run('/data'), { ready: true, stderr: /^exec \/data: exec format error; .+\n$/, exit: { status: 255 } });
});

t.test(
  'preserved fds are 3 and up, nothing else is open, and paths through fds lead nowhere',
  { ...asRoot },
  async (t) => {
    const root = makeRoot(t);
    const first = openSync(join(root, 'bin'), 'r');
    const second = openSync('/etc/passwd', 'r');
    t.teardown(() => [first, second].forEach(closeSync));
    const options = { preserved: [first, second] };
    const outcome = runInit([...enter(t, root), ...execute(['/bin/probe'])], options);
    const { fds } = JSON.parse(outcome.stdout || '{}');
    t.strictSame(
      fds.map(({ fd, closeOnExec }: { fd: number; closeOnExec: number }) => [fd, closeOnExec]),
      [0, 1, 2, 3, 4].map((fd) => [fd, 0]),
    );
    t.equal(statSync('/etc/passwd').uid, fds[4].uid);
    execFileSync('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
    t.teardown(() => execFileSync('umount', [join(root, 'proc')]));
    const through = (fd: number) => runInit([...enter(t, root), ...execute([`/proc/self/fd/${fd}/probe`])], options);
    t.equal(through(3).exit.status, 0, 'a preserved directory is what the lookup finds and the execve runs');
    for (const fd of [5, 6, 7, 8]) t.match(through(fd).failure?.text, /^exec: .* (no such file or|not a) directory$/);
  },
);
