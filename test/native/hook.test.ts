// The step `hook`, and what becomes of stdio: `stdio_null` and `stdio_owner`.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { InitProcess, InitStep } from '../../src/native/contract.ts';
import { asRoot, native } from './host.ts';
import { enter, makeRoot, probePath, runInit } from './process-run.ts';

type Hook = Extract<InitStep, { step: 'hook' }>;

const NEWPID = 0x2000_0000;

function hook(path: string, fields: Partial<Hook> = {}): Hook {
  const rest = { args: [path], env: [], inheritEnv: 0, timeout: 10_000, state: '{}', cwd: '' };
  return { step: 'hook', kind: 'createContainer', index: 0, path, ...rest, ...fields };
}

function script(body: string, fields: Partial<Hook> = {}): Hook {
  return hook('/bin/busybox', { args: ['sh', '-c', body], ...fields });
}

/** The failure, '' when there is none and init ended well. */
function text(steps: readonly InitStep[]): string {
  const { failure, exit } = runInit(steps);
  return failure?.text ?? (exit.status === 0 ? '' : `init ended with ${JSON.stringify(exit)}`);
}

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'noci-hook-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

t.test('a hook has its args, cwd, the state on stdin and nothing of init', { ...asRoot }, async (t) => {
  const path = folder(t);
  const state = `{"pid":%PID%,"annotations":{"a":"%PID%"}}`;
  const body = `cat >${path}/state; exec ${probePath} >${path}/probe`;
  const outcome = runInit([script(body, { cwd: '/usr', state })], { cloneFlags: NEWPID });
  t.equal(outcome.failure, undefined);
  t.equal(readFileSync(join(path, 'state'), 'utf8'), '{"pid":1,"annotations":{"a":"%PID%"}}');
  const probe = JSON.parse(readFileSync(join(path, 'probe'), 'utf8'));
  t.match(probe, { cwd: '/usr', signals: { blocked: '0', ignored: '0' } });
  t.match(probe.attributes, { groupLeader: 1 });
  t.strictSame(
    probe.fds.map(({ fd }: { fd: number }) => fd),
    [0, 1, 2],
  );
});

t.test('the environment is exactly what was given, the process’s only when asked for', { ...asRoot }, async (t) => {
  const path = join(folder(t), 'env');
  const environment: InitStep = { step: 'environment', entries: ['P=1', 'HOME=/h'], uid: 0 };
  const run = (fields: Partial<Hook>) => {
    const args = ['dd', 'if=/proc/self/environ', `of=${path}`];
    runInit([environment, hook('/bin/busybox', { args, ...fields })]);
    return readFileSync(path, 'utf8');
  };
  t.equal(run({ env: ['A=1'] }), 'A=1\0');
  t.equal(run({ env: [] }), '');
  t.equal(run({ env: ['A=1'], inheritEnv: 1 }), 'P=1\0HOME=/h\0');
});

t.test('its umask is that of the caller, and of the container’s process once that is set', { ...asRoot }, async (t) => {
  const path = folder(t);
  const before = process.umask(0o027);
  t.teardown(() => process.umask(before));
  runInit([script(`umask >${path}/early`), { step: 'umask', mask: 0o077 }, script(`umask >${path}/late`)]);
  const read = (name: string) => readFileSync(join(path, name), 'utf8').trim();
  t.strictSame(['early', 'late'].map(read), ['0027', '0077']);
});

t.test('how it ended is said in the words of runc', { ...asRoot }, async (t) => {
  const failed = (cause: string) => `error running createContainer hook #0: ${cause}`;
  t.equal(text([script('exit 0')]), '');
  t.equal(text([script('echo out; echo err >&2; exit 3')]), failed('exit status 3, stdout: out\n, stderr: err\n'));
  t.equal(text([script('kill -9 $$')]), failed('signal: killed, stdout: , stderr: '));
  t.equal(text([script('kill -15 $$')]), failed('signal: terminated, stdout: , stderr: '));
  t.equal(text([hook('/nope')]), failed('fork/exec /nope: no such file or directory'));
  t.equal(text([hook('/etc/passwd')]), failed('fork/exec /etc/passwd: permission denied'));
  t.equal(text([script('true', { cwd: '/nope' })]), failed('chdir /nope: no such file or directory'));
  const other = { kind: 'startContainer', index: 7 };
  t.match(text([script('true'), script('exit 1', other)]), /^error running startContainer hook #7: exit status 1, /);
});

t.test('after its timeout the whole group is killed', { ...asRoot }, async (t) => {
  const path = join(folder(t), 'pid');
  const before = performance.now();
  const slow = script(`/bin/busybox sleep 30 & echo $! >${path}; wait`, { timeout: 1000 });
  t.equal(text([slow]), 'error running createContainer hook #0: hook ran past specified timeout of 1.0s');
  t.ok(performance.now() - before < 5000);
  const state = () => {
    try {
      return readFileSync(`/proc/${readFileSync(path, 'utf8').trim()}/stat`, 'utf8').split(' ')[2];
    } catch {
      return 'gone';
    }
  };
  native.poll([], 100);
  t.match(state(), /^(gone|Z|X)$/, 'the child of the hook does not run on');
});

t.test('what a hook leaves in the background is not waited for', { ...asRoot }, async (t) => {
  const before = performance.now();
  t.equal(text([script('/bin/busybox sleep 3 &')]), '');
  t.ok(performance.now() - before < 2500);
});

t.test('neither a large state nor much output blocks', { ...asRoot }, async (t) => {
  const path = join(folder(t), 'count');
  const state = 'x'.repeat(1_000_000);
  t.equal(text([script(`/bin/busybox wc -c >${path}`, { state })]), '');
  t.equal(readFileSync(path, 'utf8').trim(), '1000000');
  t.equal(text([script('true', { state })]), '', 'a hook that does not read');
  t.equal(text([script('exec <&-; /bin/busybox usleep 50000', { state })]), '', 'a hook that closes stdin');
  const loud = text([script('/bin/busybox yes | /bin/busybox head -c 300000; exit 1')]);
  t.match(loud, /^error running createContainer hook #0: exit status 1, stdout: (y\n){2048}, stderr: $/);
});

/** Where fd 0 of init leads after `steps`, looked at from outside while a hook sleeps. */
function stdinAfter(
  steps: readonly InitStep[],
  root: string,
): { device: bigint | undefined; inode: bigint | undefined } {
  let found: { device: bigint | undefined; inode: bigint | undefined } | undefined;
  const ready = ({ pid }: InitProcess): void => {
    const stat = native.stat(-100, `/proc/${pid}/fd/0`, 0);
    found = { device: stat?.dev, inode: stat?.ino };
  };
  runInit([...enter(t, root), ...steps, { step: 'ready' }], { ready });
  return found ?? { device: undefined, inode: undefined };
}

t.test('stdio_null takes the null device of the container and nothing else', { ...asRoot }, async (t) => {
  const root = makeRoot(t);
  const path = join(root, 'dev/null');
  const host = statSync('/dev/null', { bigint: true });
  const hosts = { device: host.dev, inode: host.ino };
  const make = (...args: string[]) => execFileSync('mknod', [path, ...args]);
  make('c', '1', '3');
  const own = statSync(path, { bigint: true });
  t.strictSame(stdinAfter([{ step: 'stdio_null' }], root), { device: own.dev, inode: own.ino });
  writeFileSync(join(root, 'canary'), 'canary');
  const impostors: { readonly [what: string]: () => void } = {
    'a block device 1:3': () => make('b', '1', '3'),
    'another character device': () => make('c', '1', '5'),
    'a FIFO': () => execFileSync('mkfifo', [path]),
    'a regular file': () => writeFileSync(path, ''),
    'a link to a file': () => symlinkSync('/canary', path),
    'a link to a null device': () => {
      execFileSync('mknod', [join(root, 'null'), 'c', '1', '3']);
      symlinkSync('/null', path);
    },
    nothing: () => {},
  };
  for (const [what, put] of Object.entries(impostors)) {
    rmSync(path, { force: true });
    put();
    t.strictSame(stdinAfter([{ step: 'stdio_null' }], root), hosts, `${what} is not taken`);
  }
});

t.test('stdio_owner gives pipes to the user and leaves null devices alone', { ...asRoot }, async (t) => {
  const before = statSync('/dev/null');
  const [read, write] = native.pipe();
  native.write(write, 'x');
  const owners: number[] = [];
  const ready = (): void => {
    owners.push(fstatSync(read).uid);
  };
  const stdin = openSync(`/proc/self/fd/${read}`, 'r');
  runInit([{ step: 'stdio_owner', uid: 1234 }, { step: 'ready' }], { stdin, ready });
  t.strictSame(owners, [1234]);
  runInit([{ step: 'stdio_owner', uid: 1234 }]);
  const { uid, gid, mode } = statSync('/dev/null');
  t.strictSame([uid, gid, mode], [before.uid, before.gid, before.mode]);
  for (const fd of [read, write]) closeSync(fd);
});
