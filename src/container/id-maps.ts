import type { Fd, InitProcess, Native, NativeError } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../native/open-flags.ts';
import type { ProcessWrite } from '../plan/plan.ts';
import type { Creation } from './creation.ts';
import { startPrefix } from './explain-failure.ts';
import { runHook } from './hook-process.ts';
import { programPath } from './program-path.ts';
import { missingRanges } from './subordinate-ids.ts';
import { forbiddingSwitch } from './user-namespace-refusal.ts';

type Program = NonNullable<ProcessWrite['program']>;

/** seconds; it looks users up, maybe in a directory service */
const timeout = 60;

const S_ISUID = 0o4000;

/**
 * Makes init the root of its user namespace, so far as that is done from outside. `pid` is a child that was not waited for, so
 * that it can be nobody else's.
 */
export function mapIds({ native, prepared }: Creation, { pid }: InitProcess): void {
  const writes = prepared.plan.processWrites;
  if (writes.length === 0) return;
  const folder = native.open(AT_FDCWD, `/proc/${pid}`, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  try {
    for (const write of writes) writeProcess(native, folder, pid, write);
  } finally {
    native.close(folder);
  }
}

/** As runc does it: who may write the map needs no program. */
function writeProcess(native: Native, folder: Fd, pid: number, { file, value, pointer, program }: ProcessWrite): void {
  try {
    native.writeControl(folder, file, value);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const cause =
      program === undefined || error.code !== 'EPERM'
        ? refusal(native, file, error)
        : runMapProgram(native, program, value, pid);
    if (cause === '') return;
    throw new Failure(`${startPrefix}unable to set up the user namespace: ${cause}`, pointer, { cause: error });
  }
}

function refusal(native: Native, file: string, { syscall, code }: NativeError): string {
  const reason = code === 'EPERM' ? forbiddingSwitch(native) : undefined;
  return `${syscall} ${file}: ${setupWords(code)}${reason === undefined ? '' : `; ${reason}`}`;
}

/** '' or what went wrong. newuidmap(1): the process, and "inside outside size" for each range */
function runMapProgram(native: Native, program: Program, map: string, pid: number): string {
  const path = programPath(native, program);
  if (path === undefined)
    return `${program} is needed for more than the own id, and is not there; install it (Debian's package uidmap)`;
  const args = [program, String(pid), ...map.trim().split(/\s+/)];
  const failed = runHook(native, { path, args, env: [], timeout }, '', '/');
  if (failed === '') return '';
  const reasons = mapReasons(native, program, map, path);
  return [`${program}: ${failed.trim()}`, ...reasons].join('; ');
}

/** What stands in its way, and how it is put right. It says itself what it refuses, but not why. */
function mapReasons(native: Native, program: Program, map: string, path: string): string[] {
  const stat = native.stat(AT_FDCWD, path, 0);
  const privileged = stat !== undefined && stat.uid === 0 && (stat.mode & S_ISUID) !== 0;
  return [
    ...missingRanges(native, program === 'newuidmap' ? '/etc/subuid' : '/etc/subgid', map),
    ...(privileged
      ? []
      : [`${path} is not set-user-ID root; unless it has file capabilities, root puts that right by chmod u+s`]),
    ...(gainsNothing(native) ? [`the caller has set no_new_privs, by which ${program} gets no privileges`] : []),
  ];
}

/** Linux 4.10 */
function gainsNothing(native: Native): boolean {
  return /^NoNewPrivs:\t1$/m.test(native.readText(AT_FDCWD, '/proc/self/status', 1 << 16));
}
