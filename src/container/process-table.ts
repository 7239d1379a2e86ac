import type { Fd, Native, SpawnedProcess } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from '../native/open-flags.ts';
import { programPath } from './program-path.ts';

/** A page of output; no more than this many characters of it go through one call. */
const piece = 4096;

/** More than ps(1) can write of the largest machine. */
const largest = 64 * 1024 * 1024;

/**
 * The lines of ps(1), called with `options`, that are about `pids`, after its header. As bytes: command lines need not be UTF-8.
 *
 * @throws Failure with runc's texts when there is no ps, it fails, or what it prints has no column PID
 */
export function processTable(native: Native, pids: readonly number[], options: readonly string[]): Uint8Array {
  const [header = '', ...lines] = runPs(native, findPs(native), options).split('\n');
  const column = fieldsOf(header).indexOf('PID');
  if (column === -1) throw new Failure("couldn't find PID field in ps output");
  const wanted = new Set(pids);
  const chosen = lines.filter((line) => line !== '' && wanted.has(pidOf(line, column)));
  return bytesOf([header, ...chosen].map((line) => `${line}\n`).join(''));
}

function fieldsOf(line: string): string[] {
  return line.split(/\s+/).filter((field) => field !== '');
}

function pidOf(line: string, column: number): number {
  const field = fieldsOf(line)[column] ?? '';
  if (!/^\d+$/.test(field)) throw new Failure(`unable to parse pid: unexpected pid '${field}'`);
  return Number(field);
}

function findPs(native: Native): string {
  const found = programPath(native, 'ps');
  if (found === undefined) throw new Failure('exec: "ps": executable file not found in $PATH');
  return found;
}

/** What ps writes on stdout and stderr, a character for each byte. */
function runPs(native: Native, path: string, options: readonly string[]): string {
  const [output, end] = native.pipe();
  try {
    const { pidfd } = spawnPs(native, path, options, end);
    const text = readAll(native, output);
    // its end comes after that of its output, and may be later still when ps has closed that itself
    native.poll([{ fd: pidfd, events: 1 }], -1);
    const exit = native.waitPidfd(pidfd);
    native.close(pidfd);
    if (exit?.status !== 0)
      throw new Failure(`ps: exit status ${exit?.status ?? `of signal ${exit?.signal}`}: ${text.trim()}`);
    return text;
  } finally {
    native.close(output);
  }
}

function spawnPs(native: Native, path: string, options: readonly string[], end: Fd): SpawnedProcess {
  const nothing = native.open(AT_FDCWD, '/dev/null', O_RDONLY | O_CLOEXEC, 0);
  try {
    const stdio = [nothing, end, end] as const;
    return native.spawn({ path, args: ['ps', ...options], env: native.environ(), cwd: '', stdio });
  } finally {
    native.close(nothing);
    native.close(end);
  }
}

function readAll(native: Native, output: Fd): string {
  const pieces: string[] = [];
  for (let length = 0; length < largest; ) {
    const bytes = native.read(output, piece);
    if (bytes.length === 0) break;
    pieces.push(String.fromCharCode(...bytes));
    length += bytes.length;
  }
  return pieces.join('');
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
