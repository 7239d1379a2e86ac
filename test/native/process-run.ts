// Runs a list of steps in a real init and collects everything there is to see of it.
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Exit, Fd, InitMessage, InitProcess, InitStep } from '../../src/native/contract.ts';
import { native } from './host.ts';

export interface RunOptions {
  readonly cloneFlags?: number;
  readonly pidNamespace?: Fd;
  readonly preserved?: readonly Fd[];
  /** fd 0 instead of the null device */
  readonly stdin?: Fd;
  /** between the start of init and its plan */
  readonly started?: (init: InitProcess) => void;
  /** before `ready` is answered */
  readonly ready?: (init: InitProcess) => void;
}

export interface Outcome {
  readonly warnings: string[];
  readonly failure: Extract<InitMessage, { type: 'failure' }> | undefined;
  readonly ready: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: Exit;
}

/** The probe; it prints the state of its process as JSON. */
export const probePath = new URL('../../.build/probe/probe', import.meta.url).pathname;

/** Steps to the end of init. A plan without `execve` is fine: init ends with 0 then. */
export function runInit(steps: readonly InitStep[], options: RunOptions = {}): Outcome {
  const stdin = options.stdin ?? openSync('/dev/null', 'r');
  const [outRead, outWrite] = native.pipe();
  const [errRead, errWrite] = native.pipe();
  const init = native.spawnInit({
    cloneFlags: options.cloneFlags ?? 0,
    cgroup: -1,
    pidNamespace: options.pidNamespace ?? -1,
    joined: [],
    joinedTypes: [],
    stdio: [stdin, outWrite, errWrite],
    preserved: options.preserved ?? [],
    timeout: -1,
  });
  for (const fd of [stdin, outWrite, errWrite]) closeSync(fd);
  options.started?.(init);
  native.sendPlan(init.socket, steps);
  const heard = listen(init, options);
  return { ...heard, stdout: readAll(outRead), stderr: readAll(errRead), exit: wait(init) };
}

function listen(init: InitProcess, options: RunOptions): Pick<Outcome, 'warnings' | 'failure' | 'ready'> {
  const warnings: string[] = [];
  let ready = false;
  for (;;) {
    const message = native.receive(init.socket, 20_000);
    if (message === undefined) throw new Error('init says nothing');
    if (message.type === 'closed') return { warnings, failure: undefined, ready };
    if (message.type === 'failure') return { warnings, failure: message, ready };
    if (message.type === 'warning') {
      warnings.push(message.text);
      continue;
    }
    if (message.type === 'ready') {
      ready = true;
      options.ready?.(init);
    }
    native.reply(init.socket, true);
  }
}

function readAll(fd: Fd): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65536);
  for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) {
    chunks.push(Buffer.from(chunk.subarray(0, length)));
  }
  closeSync(fd);
  return Buffer.concat(chunks).toString();
}

function wait(init: InitProcess): Exit {
  native.poll([{ fd: init.pidfd, events: 1 }], 20_000);
  const exit = native.waitPidfd(init.pidfd);
  if (exit === undefined) {
    native.kill(init.pid, 9);
    throw new Error('init does not end');
  }
  closeSync(init.pidfd);
  closeSync(init.socket);
  return exit;
}

type Credentials = Extract<InitStep, { step: 'credentials' }>;

/** The step with what a test does not care about: root, no groups, "/", capabilities left alone. */
export function credentials(fields: Partial<Credentials> = {}): Credentials {
  return {
    step: 'credentials',
    uid: 0,
    gid: 0,
    groups: [],
    setgroups: 1,
    cwd: '/',
    setCapabilities: 0,
    bounding: 0n,
    effective: 0n,
    permitted: 0n,
    inheritable: 0n,
    ambient: 0n,
    ...fields,
  };
}

/** From `environment` to `execve`: the end of every plan. */
export function execute(
  args: readonly string[],
  fields: Partial<Credentials> & { readonly env?: readonly string[] } = {},
): InitStep[] {
  const { env = ['PATH=/bin', 'HOME=/'], ...rest } = fields;
  return [
    { step: 'environment', entries: env, uid: fields.uid ?? 0 },
    credentials(rest),
    { step: 'lookup', name: args[0] ?? '' },
    { step: 'ready' },
    { step: 'execve', args },
  ];
}

/** A root filesystem of busybox and the probe, which goes with the test. */
export function makeRoot(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'noci-root-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  chmodSync(root, 0o755);
  for (const name of ['bin', 'dev', 'etc', 'proc', 'tmp']) mkdirSync(join(root, name), { mode: 0o755 });
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  copyFileSync(probePath, join(root, 'bin/probe'));
  for (const name of ['sh', 'cat', 'ls', 'sleep', 'env', 'true', 'rmdir'])
    symlinkSync('busybox', join(root, 'bin', name));
  return root;
}

/** Steps that make `root` the root directory without any mount. */
export function enter(t: Test, root: string): InitStep[] {
  const directory = openSync(root, 'r');
  t.teardown(() => closeSync(directory));
  return [{ step: 'root_open', directory }, { step: 'chroot' }];
}
