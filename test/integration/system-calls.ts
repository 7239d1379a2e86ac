// What init really does: strace(1) of a create and a start, and how it compares with what explain says.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Call } from '../../src/plan/step-calls/call.ts';
import { noci } from './bundle.ts';
import { driverOptions } from './cgroup-driver.ts';
import { type Container, must, until } from './container.ts';
import { bare } from './report.ts';

/** Calls that change something, for a process, a namespace, a mount or a file; of some of them only a part does. */
const changing: Readonly<Record<string, (line: string) => boolean>> = {
  ...Object.fromEntries(
    (
      'fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr mount umount2 pivot_root chroot chdir fchdir ' +
      'mkdirat mknodat symlinkat unlinkat linkat renameat2 fchownat fchmodat fchmodat2 fchown fchmod utimensat sendfile ' +
      'dup3 setns unshare setsid keyctl sethostname setdomainname capset setgroups setresuid setresgid seccomp ' +
      'sched_setattr sched_setaffinity ioprio_set personality set_mempolicy prlimit64 lsm_set_self_attr socket fork umask execve'
    )
      .split(' ')
      .map((name) => [name, () => true]),
  ),
  prctl: (line) => !/PR_GET_|PR_CAPBSET_READ/.test(line),
  ioctl: (line) => !/TCGETS|TIOCGWINSZ/.test(line),
  openat: (line) => line.includes('O_CREAT'),
  openat2: (line) => line.includes('O_CREAT'),
  // messages to the runtime and a hook's stdin change nothing of the container
  write: (line) => !/^write\(\d+<(socket|UNIX|pipe)/.test(line),
};

const aliases: Readonly<Record<string, string>> = {
  syscall_0x1cc: 'lsm_set_self_attr',
  syscall_0x1c4: 'fchmodat2',
  clone: 'fork',
  vfork: 'fork',
  // what a C library makes of dup3(2) without flags
  dup2: 'dup3',
  mknod: 'mknodat',
};

/** One line of strace(1), without the process. */
export interface Traced {
  readonly name: string;
  readonly line: string;
}

/** Lines of a log by process, those that were interrupted by others put together. */
function lines(log: string): { readonly pid: string; readonly line: string }[] {
  const open = new Map<string, string>();
  return log.split('\n').flatMap((whole) => {
    const [, pid = '', line = ''] = /^(\d+) +(.*)$/.exec(whole) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(line);
    if (resumed !== null) return [{ pid, line: `${open.get(pid) ?? ''}${resumed[1]}` }];
    const unfinished = /^(.*?) *<unfinished \.\.\.>$/.exec(line);
    if (unfinished === null) return [{ pid, line }];
    open.set(pid, unfinished[1] ?? '');
    return [];
  });
}

/** The field of the access time in full is told as two of its modes and a bit without a name. */
function wholeField(line: string): string {
  return line.replace(/MOUNT_ATTR_NOATIME\|MOUNT_ATTR_STRICTATIME([^,]*)\|0x40\b/, 'MOUNT_ATTR__ATIME$1');
}

/** What init did from its beginning to the execve of the container's process. */
function ofInit(log: string): Traced[] {
  const all = lines(log);
  const begin = all.findIndex(({ line }) => line.startsWith('execveat(') && line.includes('AT_EMPTY_PATH'));
  const pid = all[begin]?.pid;
  const own = all.slice(begin + 1).filter((one) => one.pid === pid);
  const end = own.findIndex(({ line }) => line.startsWith('execve('));
  return own
    .slice(0, end + 1)
    .map(({ line }) => {
      const name = /^(\w+)\(/.exec(line)?.[1] ?? '';
      return { name: aliases[name] ?? name, line: wholeField(line) };
    })
    .filter(({ name, line }) => changing[name]?.(line) ?? false);
}

/** create and start under strace(1), to the end of the container's process. */
export async function traceInit(t: Test, container: Container): Promise<Traced[]> {
  const folder = mkdtempSync(join(tmpdir(), 'noci-strace-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, 'log');
  const words = ['--root', container.root, ...driverOptions, 'create', '--bundle', container.bundle, container.id];
  const strace = spawn(
    '/usr/bin/env',
    [...bare({}), '/usr/bin/strace', '-f', '-y', '-s', '8192', '-o', log, noci, ...words],
    {
      stdio: 'ignore',
    },
  );
  const ended = new Promise<void>((resolve) => strace.on('exit', () => resolve()));
  let over = false;
  ended.then(() => {
    over = true;
  });
  await until(() => over || container.call(['state', container.id]).stdout.includes('"created"'));
  must(container.start());
  await ended;
  must(container.delete());
  return ofInit(readFileSync(log, 'utf8'));
}

/** Names that stand for several system calls: those that are listed in <>. */
function names({ name, args }: Call): readonly string[] {
  const [what] = args;
  return what?.[0] === 'what' ? what[1].slice(1, -1).split(/[, ]+/) : [name];
}

/** Constants, numbers and texts have to be there; what stands in <> is for people. */
export function agrees(call: Call, { name, line }: Traced): boolean {
  if (!names(call).includes(name)) return false;
  if (call.name !== name) return true;
  return call.args
    .filter(([, value]) => !value.startsWith('<'))
    .every(([, value]) => value.split('|').every((part) => line.includes(part)));
}

/**
 * Goes along both lists: a call without a condition has to be there, one with a condition may, and nothing else may be. Returns
 * where they part, '' when they do not.
 */
export function firstDifference(calls: readonly Call[], traced: readonly Traced[]): string {
  let farthest = { call: -1, trace: -1 };
  const failed = new Set<string>();
  const walk = (call: number, trace: number): boolean => {
    if (call === calls.length && trace === traced.length) return true;
    const key = `${call} ${trace}`;
    if (failed.has(key)) return false;
    if (trace > farthest.trace || (trace === farthest.trace && call > farthest.call)) farthest = { call, trace };
    const expected = calls[call];
    const seen = traced[trace];
    const found =
      (expected !== undefined &&
        seen !== undefined &&
        agrees(expected, seen) &&
        ((expected.repeated === true && walk(call, trace + 1)) || walk(call + 1, trace + 1))) ||
      (expected?.when !== undefined && walk(call + 1, trace));
    if (!found) failed.add(key);
    return found;
  };
  if (walk(0, 0)) return '';
  const expected = calls.slice(Math.max(farthest.call - 3, 0), farthest.call + 2).map((one) => JSON.stringify(one));
  const seen = traced.slice(Math.max(farthest.trace - 2, 0), farthest.trace + 3).map(({ line }) => line);
  return `explain: ${expected.join('\n         ')}\nstrace:  ${seen.join('\n         ')}`;
}
