import type { Exit, Fd, Native, SpawnedProcess } from '../native/contract.ts';
import { isErrno, isNativeError } from '../native/failure.ts';
import { POLLIN, POLLOUT } from '../native/poll-events.ts';
import { weakened } from '../native/weakened.ts';
import type { Hook } from '../oci/types.ts';
import { type Capture, capture } from './capture.ts';
import { hasEnded } from './end-process.ts';
import { SIGKILL, signalWord } from './signals.ts';

/** A pipe takes this much in one piece when poll(2) calls it writable: writing never waits for a hook that does not read. PIPE_BUF, pipe(7) */
const pipeBuffer = 4096;

/** One run of a hook: the process and our ends of its pipes. */
interface Running {
  readonly process: SpawnedProcess;
  stdin: Fd | undefined;
  readonly stdout: Capture;
  readonly stderr: Capture;
}

/**
 * Runs a program in the runtime's namespaces with `input` on its stdin and waits for its end. Returns what went wrong in Go's
 * words, '' if nothing. Its output goes to pipes of its own: whoever reads the runtime's stdout must not wait for a hook's children.
 */
export function runHook(native: Native, hook: Hook, input: string, cwd: string): string {
  let running: Running;
  try {
    running = spawn(native, hook, cwd);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    return `fork/exec ${hook.path}: ${error.message}`;
  }
  try {
    const exit = attend(native, running, input, deadline(native, hook));
    return exit === undefined ? timeoutText(hook) : exitText(exit, running);
  } finally {
    closeAll(native, running);
  }
}

function spawn(native: Native, { path, args, env }: Hook, cwd: string): Running {
  WEAKENED: if (weakened('S58')) env = undefined;
  const [stdin, stdinEnd] = native.pipe();
  const [stdoutEnd, stdout] = native.pipe();
  const [stderrEnd, stderr] = native.pipe();
  try {
    const process = native.spawn({
      path,
      args: args === undefined || args.length === 0 ? [path] : args,
      env: env ?? native.environ(),
      cwd,
      stdio: [stdin, stdout, stderr],
    });
    return { process, stdin: stdinEnd, stdout: capture(stdoutEnd), stderr: capture(stderrEnd) };
  } catch (error) {
    for (const fd of [stdinEnd, stdoutEnd, stderrEnd]) native.close(fd);
    throw error;
  } finally {
    for (const fd of [stdin, stdout, stderr]) native.close(fd);
  }
}

function deadline(native: Native, { timeout }: Hook): bigint | undefined {
  return timeout === undefined ? undefined : native.monotonic() + BigInt(timeout) * 1_000_000_000n;
}

/** Feeds and reads the hook until it ends. undefined: it ran out of time and was killed with its process group. */
function attend(native: Native, running: Running, input: string, until: bigint | undefined): Exit | undefined {
  let rest = input;
  const feedRest = (stdin: Fd) => {
    rest = feed(native, running, stdin, rest);
  };
  for (;;) {
    serve(native, running, feedRest, remaining(native, until));
    if (hasEnded(native, running.process.pidfd, 0)) return finish(native, running);
    if (until !== undefined && native.monotonic() >= until) return abort(native, running);
  }
}

/** Waits until the hook ends, writes, or wants input, at most `timeout` milliseconds, and does what is due then. */
function serve(native: Native, running: Running, feedRest: (stdin: Fd) => void, timeout: number): void {
  const { process, stdin, stdout, stderr } = running;
  const watched = [
    { fd: process.pidfd, events: POLLIN, act: () => {} },
    { fd: stdout.fd, events: POLLIN, act: () => stdout.take(native) },
    { fd: stderr.fd, events: POLLIN, act: () => stderr.take(native) },
    { fd: stdin, events: POLLOUT, act: () => feedRest(stdin as Fd) },
  ].flatMap(({ fd, events, act }) => (fd === undefined ? [] : [{ fd, events, act }]));
  const seen = native.poll(watched, timeout);
  watched.forEach(({ act }, index) => {
    if (seen[index] !== 0) act();
  });
}

function remaining(native: Native, until: bigint | undefined): number {
  if (until === undefined) return -1;
  const nanoseconds = until - native.monotonic();
  return nanoseconds <= 0n ? 0 : Number(nanoseconds / 1_000_000n) + 1;
}

/** Writes the next piece; closes the pipe after the last one, or when the hook does not want it. Returns what is left. */
function feed(native: Native, running: Running, stdin: Fd, rest: string): string {
  const piece = rest.slice(0, pipeBuffer / 4);
  try {
    native.write(stdin, piece);
  } catch (error) {
    if (!isErrno(error, 'EPIPE')) throw error;
    closeStdin(native, running);
    return '';
  }
  if (piece.length === rest.length) closeStdin(native, running);
  return rest.slice(piece.length);
}

function closeStdin(native: Native, running: Running): void {
  if (running.stdin !== undefined) native.close(running.stdin);
  running.stdin = undefined;
}

/** Its children may hold the pipes open: what is there now is all that is waited for. */
function finish(native: Native, { process, stdout, stderr }: Running): Exit | undefined {
  stdout.drain(native);
  stderr.drain(native);
  return native.waitPidfd(process.pidfd);
}

function abort(native: Native, { process }: Running): undefined {
  WEAKENED: if (weakened('S59')) native.kill(process.pid, SIGKILL);
  killGroup(native, process.pid);
  hasEnded(native, process.pidfd, -1);
  native.waitPidfd(process.pidfd);
}

function killGroup(native: Native, pid: number): void {
  WEAKENED: if (weakened('S59')) return;
  try {
    native.kill(-pid, SIGKILL);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

function closeAll(native: Native, running: Running): void {
  closeStdin(native, running);
  running.stdout.close(native);
  running.stderr.close(native);
  native.close(running.process.pidfd);
}

function timeoutText({ timeout }: Hook): string {
  return `hook ran past specified timeout of ${Number(timeout).toFixed(1)}s`;
}

function exitText({ status, signal }: Exit, { stdout, stderr }: Running): string {
  if (status === 0) return '';
  const end = signal === null ? `exit status ${status}` : `signal: ${signalWord(signal)}`;
  return `${end}, stdout: ${stdout.text()}, stderr: ${stderr.text()}`;
}
