import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Exit, Fd, Native, SpawnedProcess } from '../native/contract.ts';
import { loadAddon } from './load.ts';

/** What addon/library has beyond {@link Native}: nothing here holds up the event loop. Errors are NativeErrors. */
interface LibraryAddon {
  /**
   * Starts a program in a thread of libuv's pool, with default signals, in a session of its own, with copies of `fds` as 0, 1, 2, …
   * and no others. The caller may close `fds` as soon as this returns, and gives the pidfd to {@link LibraryAddon.release}.
   *
   * @param farewell the signal that it gets when this thread of JavaScript ends before it does, 0 for none
   */
  start(
    path: string,
    args: readonly string[],
    env: readonly string[],
    fds: readonly Fd[],
    farewell: number,
  ): Promise<SpawnedProcess>;
  /** waitid(P_PIDFD) in a thread of libuv's pool: for a child that is about to end. */
  ended(pidfd: Fd): Promise<Exit>;
  /** Closes what `start`, `duplicate` or `listen` has given; when a worker thread is terminated, the addon does. */
  release(fd: Fd): void;
  /** A copy of an fd that somebody else closes, until {@link LibraryAddon.release}. */
  duplicate(fd: Fd): Fd;
  /** A new pty and the size that it has. pty(7) */
  openTerminal(rows: number, columns: number): { readonly master: Fd; readonly slave: Fd };
  /** A non-blocking stream socket that listens at a path of at most 107 bytes, until {@link LibraryAddon.release}. */
  listen(path: string): Fd;
  /** The fd that came over the connection that waits on a listening socket: SCM_RIGHTS of unix(7). EAGAIN when there is none. */
  receiveTerminal(socket: Fd): Fd;
}

/** The functions of both addons that the library calls in the thread of the event loop: each takes microseconds. */
export type LibraryNative = LibraryAddon &
  Pick<
    Native,
    | 'pipe'
    | 'close'
    | 'open'
    | 'read'
    | 'tcsetwinsize'
    | 'pidfdSendSignal'
    | 'pidfdOpen'
    | 'readText'
    | 'parseJson'
    | 'geteuid'
  >;

/** Where the addons and programs of this package are: the folder of the bundle that this is part of. */
export const directory: string = __dirname;

let loaded: LibraryNative | undefined;

/** Both addons, loaded when they are first needed. */
export function libraryNative(): LibraryNative {
  if (loaded === undefined) {
    const path = join(directory, 'noci-library.node');
    const addon = createRequire(path)(path) as LibraryAddon;
    loaded = { ...loadAddon(directory), ...addon };
  }
  return loaded;
}
