import type { Fd, Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_RDWR } from '../native/open-flags.ts';
import { keepNewlines } from './raw-mode.ts';

/** What the command line and the config say of a terminal. */
export interface ConsoleRequest {
  readonly terminal: boolean;
  readonly detach: boolean;
  readonly consoleSocket: string;
}

/** Throws a Failure with runc's texts when terminal and command line do not fit, and when they ask for what is not there. */
export function checkConsole({ terminal, detach, consoleSocket }: ConsoleRequest): void {
  if (detach && terminal && consoleSocket === '') {
    throw new Failure('cannot allocate tty if runc will detach without setting console socket');
  }
  if ((!detach || !terminal) && consoleSocket !== '') {
    throw new Failure('cannot use console socket if runc will not detach or allocate tty');
  }
}

/** Where a container's terminal goes. */
export type Console =
  /** to whoever listens on the console socket, by this connection */
  | { readonly to: 'socket'; readonly socket: Fd }
  /** to the terminal of the caller, by the runtime's relay */
  | { readonly to: 'caller'; readonly tty: Fd };

/** The two ends of a relay. */
export interface Terminal {
  /** the caller's */
  readonly tty: Fd;
  /** the container's */
  readonly master: Fd;
}

/**
 * Finds the other end of the terminal before anything is made; undefined when the process gets none. Throws a Failure when
 * nobody is there.
 */
export function openConsole(native: Native, { terminal, consoleSocket }: ConsoleRequest): Console | undefined {
  if (!terminal) return undefined;
  if (consoleSocket === '') return { to: 'caller', tty: callerTerminal(native) };
  const socket = explained(`console socket ${consoleSocket}`, '', () => native.connect(consoleSocket));
  return { to: 'socket', socket };
}

/** Streams may be redirected: the first that is a terminal, else the controlling terminal. tty(4) */
function callerTerminal(native: Native): Fd {
  const stream = [2, 1, 0].find((fd) => native.isatty(fd));
  if (stream !== undefined) return stream;
  return explained('', '/process/terminal', () => native.open(AT_FDCWD, '/dev/tty', O_RDWR | O_CLOEXEC, 0));
}

function explained(subject: string, pointer: string, open: () => Fd): Fd {
  try {
    return open();
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const operation = subject === '' ? `${error.syscall} ${error.path}` : `${subject}: ${error.syscall}`;
    throw new Failure(`${operation}: ${setupWords(error.code)}`, pointer, { cause: error });
  }
}

/** What receivers take for the name of the terminal. */
const name = '/dev/pts/ptmx';

/**
 * Takes over the master that init has sent, before the process runs. On a console socket it is one message with this one fd,
 * and ours is closed. For a relay it gets the size that the caller's terminal has.
 */
export function passTerminal(native: Native, console: Console, master: Fd): Terminal | undefined {
  if (console.to === 'socket') {
    explained('console socket', '', () => sendTerminal(native, console.socket, master));
    return undefined;
  }
  native.setNonblocking(master, true);
  keepNewlines(native, master);
  const terminal = { tty: console.tty, master };
  followSize(native, terminal);
  return terminal;
}

function sendTerminal(native: Native, socket: Fd, master: Fd): Fd {
  try {
    native.sendFd(socket, name, master);
  } finally {
    native.close(master);
  }
  return socket;
}

/** Nothing is left to be said there. */
export function closeConsole(native: Native, console: Console | undefined): void {
  if (console?.to === 'socket') native.close(console.socket);
}

/** The container's terminal becomes as large as the caller's, which may be gone by now. */
export function followSize(native: Native, { tty, master }: Terminal): void {
  try {
    native.tcsetwinsize(master, native.tcgetwinsize(tty));
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}
