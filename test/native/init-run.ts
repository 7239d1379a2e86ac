// Runs steps in a real init and stops it where the test wants to look: before the answer to `ready`.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Exit, InitMessage, InitProcess, InitStep, Native } from '../../src/native/contract.ts';
import { native } from './host.ts';

export const CLONE_NEWNS = 0x20000;
export const CLONE_NEWPID = 0x20000000;

export const MS_RDONLY = 1;
export const MS_REC = 16384;
export const MS_PRIVATE = 1 << 18;
export const MS_SLAVE = 1 << 19;
export const MS_SHARED = 1 << 20;

export const RDONLY = 1;
export const NOSUID = 2;
export const NODEV = 4;
export const NOEXEC = 8;

const patience = 10_000;

export type Failure = Extract<InitMessage, { type: 'failure' }>;
type Mount = Extract<InitStep, { step: 'mount' }>;
type Bind = Extract<InitStep, { step: 'bind' }>;
type Device = Extract<InitStep, { step: 'device' }>;

/** What is put into the folder of a test: a text is a file, {link} a symlink, anything else a directory. */
export interface Tree {
  readonly [name: string]: string | { readonly link: string } | Tree;
}

function isLink(node: Tree[string]): node is { readonly link: string } {
  return typeof node === 'object' && typeof (node as { link?: unknown }).link === 'string';
}

function fill(folder: string, tree: Tree): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, node] of Object.entries(tree)) {
    const path = join(folder, name);
    if (typeof node === 'string') writeFileSync(path, node);
    else if (isLink(node)) symlinkSync(node.link, path);
    else fill(path, node as Tree);
  }
}

/** A folder with `rootfs` (the container's root) and `canary` (of the host, must stay as it is), removed after the test. */
export function makeFolder(t: Test, rootfs: Tree = {}): { folder: string; rootfs: string; canary: string } {
  const folder = mkdtempSync(join(tmpdir(), 'noci-native-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  fill(folder, { rootfs, canary: { file: 'untouched' } });
  return { folder, rootfs: join(folder, 'rootfs'), canary: join(folder, 'canary') };
}

/** The canary is as {@link makeFolder} left it. */
export function untouched(t: Test, canary: string): void {
  t.strictSame(readdirSync(canary), ['file'], 'nothing new in the folder of the host');
  t.equal(readFileSync(join(canary, 'file'), 'utf8'), 'untouched');
}

/** A shell and what it is called by, in the root. */
export function addBusybox(rootfs: string): void {
  mkdirSync(join(rootfs, 'bin'), { recursive: true });
  cpSync('/usr/bin/busybox', join(rootfs, 'bin/busybox'));
  for (const name of ['sh', 'cat', 'true']) symlinkSync('busybox', join(rootfs, 'bin', name));
}

/** The steps that make `rootfs` the container's root directory, around those that work inside of it. */
export function inRoot(rootfs: string, steps: readonly InitStep[], after: readonly InitStep[] = []): InitStep[] {
  return [
    { step: 'propagation', flags: MS_SLAVE, recursive: 1 },
    { step: 'parent_private', path: rootfs },
    { step: 'root_attach', tree: native.openTree(-100, rootfs, true), path: rootfs, origin: '' },
    { step: 'root_enter' },
    ...steps,
    { step: 'root_leave' },
    { step: 'pivot_root' },
    ...after,
    { step: 'ready' },
  ];
}

/** Without the chroot: then nothing but the resolution of paths itself keeps them inside the root. */
export function hostInReach(steps: readonly InitStep[]): InitStep[] {
  return steps.filter(({ step }) => step !== 'root_enter' && step !== 'root_leave');
}

export function mount(type: string, target: string, fields: Partial<Mount> = {}): Mount {
  return {
    step: 'mount',
    type,
    source: type,
    target,
    parameters: [],
    attributes: 0,
    recursiveSet: 0,
    recursiveClear: 0,
    propagation: [],
    strict: 0,
    copyUp: 0,
    keepMode: 0,
    ...fields,
  };
}

export function bind(source: string, target: string, fields: Partial<Bind> = {}): Bind {
  return {
    step: 'bind',
    tree: native.openTree(-100, source, true),
    origin: '',
    recursive: 1,
    source,
    target,
    set: 0,
    clear: 0,
    recursiveSet: 0,
    recursiveClear: 0,
    sourcePropagation: MS_SLAVE,
    propagation: [MS_PRIVATE | MS_REC],
    ...fields,
  };
}

/** A character device that everybody may use. */
export function device(path: string, major: number, minor: number, fields: Partial<Device> = {}): Device {
  return { step: 'device', path, type: 0x2000, major, minor, mode: 0o666, uid: 0, gid: 0, ...fields };
}

/** /dev and /proc as most containers have them. */
export const dev: InitStep = mount('tmpfs', '/dev', { parameters: ['mode=755'] });
export const proc: InitStep = mount('proc', '/proc', { strict: 1, attributes: NOSUID | NODEV | NOEXEC });

/** The end of an init, or its death when it does not end by itself. */
export function end(init: InitProcess, host: Native = native): Exit | 'killed' {
  host.poll([{ fd: init.pidfd, events: 1 }], patience);
  const exit = host.waitPidfd(init.pidfd);
  if (exit === undefined) {
    host.pidfdSendSignal(init.pidfd, 9);
    host.poll([{ fd: init.pidfd, events: 1 }], patience);
    host.waitPidfd(init.pidfd);
  }
  host.close(init.socket);
  host.close(init.pidfd);
  return exit ?? 'killed';
}

function closeAll(steps: readonly InitStep[]): void {
  for (const step of steps) {
    if ('tree' in step) native.close(step.tree);
    if ('directory' in step) native.close(step.directory);
    if ('fifo' in step) native.close(step.fifo);
  }
}

/** Starts an init in new mount and pid namespaces and sends it the steps; their fds are closed here. */
export function startInit(
  steps: readonly InitStep[],
  stdio: readonly [number, number, number] = [0, 1, 2],
): InitProcess {
  const cloneFlags = CLONE_NEWNS | CLONE_NEWPID;
  const init = native.spawnInit({
    cloneFlags,
    cgroup: -1,
    pidNamespace: -1,
    joined: [],
    joinedTypes: [],
    stdio,
    preserved: [],
    timeout: -1,
  });
  try {
    native.sendPlan(init.socket, steps);
  } finally {
    closeAll(steps);
  }
  return init;
}

/** The next message of init; there has to be one. */
export function nextMessage(init: InitProcess): InitMessage {
  const message = native.receive(init.socket, patience);
  if (message === undefined) throw new Error('init says nothing');
  return message;
}

/** What a process sees, from outside. */
export interface Inside {
  readonly init: InitProcess;
  /** /proc/PID/root: the container's "/" */
  readonly root: string;
  mounts(): Mounted[];
}

export interface Mounted {
  readonly source: string;
  readonly target: string;
  readonly options: readonly string[];
  readonly tags: readonly string[];
  readonly type: string;
  readonly superblock: readonly string[];
}

/** proc_pid_mountinfo(5) */
export function readMounts(pid: number | 'self'): Mounted[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , , target = '', options = '', ...tags] = left.split(' ');
    const [type = '', source = '', superblock = ''] = right.split(' ');
    return { source, target, options: options.split(','), tags, type, superblock: superblock.split(',') };
  });
}

/** What is on top at `target`. */
export function mounted(inside: Inside, target: string): Mounted | undefined {
  return inside.mounts().findLast((mount) => mount.target === target);
}

/** Runs the steps up to `ready`, looks, and sends init away. A failure of init is one of the test. */
export function inspect(steps: readonly InitStep[], look: (inside: Inside) => void): void {
  const init = startInit(steps);
  try {
    const message = nextMessage(init);
    if (message.type !== 'ready') throw new Error(`not ready: ${JSON.stringify(message)}`);
    look({ init, root: `/proc/${init.pid}/root`, mounts: () => readMounts(init.pid) });
    native.reply(init.socket, false);
  } finally {
    end(init);
  }
}

/** Runs steps that must fail, and says how. */
export function failure(steps: readonly InitStep[]): Failure {
  const init = startInit(steps);
  try {
    const message = nextMessage(init);
    if (message.type !== 'failure') throw new Error(`no failure: ${JSON.stringify(message)}`);
    return message;
  } finally {
    end(init);
  }
}

/** What the container's process wrote on its stdout and stderr, and how it ended. Every message is answered with yes. */
export function runToEnd(steps: readonly InitStep[]): { output: string; exit: Exit | 'killed' } {
  const [read, write] = native.pipe();
  const init = startInit(steps, [0, write, write]);
  native.close(write);
  for (;;) {
    const message = nextMessage(init);
    if (message.type === 'failure') throw new Error(JSON.stringify(message));
    if (message.type === 'closed') break;
    if (message.type !== 'warning') native.reply(init.socket, true);
  }
  // only then is all of it written
  const exit = end(init);
  const output = Buffer.from(native.read(read, 65536)).toString();
  native.close(read);
  return { output, exit };
}
