import { nameOf } from '../cgroup/control-write.ts';
import { readControl, withCgroup } from '../cgroup/directory.ts';
import { heldValue, holds } from '../cgroup/held-limits.ts';
import { ownPath, parseOwnCgroups } from '../host/own-cgroup.ts';
import type { Native } from '../native/contract.ts';
import { parent } from '../plan/path.ts';
import type { ControlWrite } from '../plan/plan.ts';
import type { ContainerRecord } from '../state/record.ts';
import type { Limit } from './expected.ts';
import { type InitProcess, readOf } from './init-process.ts';
import { legible, notReadable, type Row, type Unreadable } from './row.ts';

type Directory = ContainerRecord['cgroup']['directories'][number];

function nameOfHierarchy({ version, controllers }: Directory): string {
  return version === 2 ? 'version 2' : controllers.join(',');
}

/** Whether init is where create has put it. A program that manages cgroups of its own moves it below that. */
export function membershipRows(init: InitProcess, { cgroup }: ContainerRecord): Row[] {
  const text = readOf(init, 'cgroup') ?? '';
  const own = parseOwnCgroups(typeof text === 'string' ? text : '');
  return cgroup.directories.map((directory): Row => {
    const configured = directory.path.slice(directory.mountpoint.length);
    const now = ownPath(own, directory.version === 2 ? '' : (directory.controllers[0] ?? ''));
    const row = {
      section: 'cgroups',
      name: nameOfHierarchy(directory),
      pointer: '/linux/cgroupsPath',
      configured,
    } as const;
    if (typeof text !== 'string') return { ...row, ...notReadable(text) };
    if (now === undefined) return { ...row, verdict: 'unknown', note: 'the kernel does not say' };
    // a mount of a part of the hierarchy shows less of the path
    if (now.endsWith(configured)) return { ...row, now, verdict: 'same' };
    if (now.includes(`${configured}/`)) return { ...row, now, verdict: 'noted', note: 'in a cgroup below it' };
    return { ...row, now, verdict: 'drift', note: 'it was moved to another cgroup' };
  });
}

/** EINVAL: a file that can only be written, such as memory.reclaim. */
function read(native: Native, file: string): string | Unreadable | undefined {
  return legible(() => withCgroup(native, parent(file), (directory) => readControl(native, directory, nameOf(file))));
}

/** The file that was written: the other one where the kernel has not the first. */
function written(native: Native, limit: Limit): readonly [ControlWrite, string | Unreadable | undefined] {
  const text = read(native, limit.file);
  if (text !== undefined || limit.otherwise === undefined) return [limit, text];
  const other = { ...limit, ...limit.otherwise };
  return [other, read(native, other.file)];
}

/** An idle cgroup's weight is none. */
function isOfIdle(limit: Limit, limits: readonly Limit[]): boolean {
  const idle = limits.some(({ file, value }) => nameOf(file) === 'cpu.idle' && value === '1');
  return idle && ['cpu.weight', 'cpu.shares'].includes(nameOf(limit.file));
}

function limitRow(native: Native, limit: Limit, limits: readonly Limit[]): Row {
  const [write, text] = written(native, limit);
  const source = limit.updated ? ({ note: 'by update' } as const) : {};
  const row = {
    section: 'cgroups',
    name: nameOf(write.file),
    pointer: limit.pointer,
    configured: write.value.trim(),
  } as const;
  if (text === undefined) {
    if (limit.optional) return { ...row, verdict: 'same', note: 'this kernel has no such file' };
    return { ...row, verdict: 'drift', note: 'the file is gone' };
  }
  if (typeof text !== 'string') return { ...row, ...notReadable(text) };
  const now = heldValue(write, text.trim());
  if (holds(write, text.trim())) return { ...row, now, verdict: 'same', ...source };
  if (isOfIdle(limit, limits)) return { ...row, now, verdict: 'same', note: 'of no effect while cpu.idle is 1' };
  const note = limit.updated ? 'changed since the update' : 'changed behind the back of noci';
  return { ...row, now, verdict: 'drift', note };
}

/** Each file that create or an update has written beside what it reads now. */
export function limitRows(native: Native, limits: readonly Limit[]): Row[] {
  return limits.map((limit) => limitRow(native, limit, limits));
}
