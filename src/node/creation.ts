import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Ended } from './call.ts';
import type { ContainerDescription } from './documents.ts';
import { Keeper } from './keeper.ts';
import { libraryNative } from './library-addon.ts';
import { RuntimeError } from './runtime-error.ts';
import { endStreams, openStreams, type StdioOption } from './stream-ends.ts';
import { Terminal } from './terminal.ts';
import { turn } from './turns.ts';
import { asRuntimeError, type Caller, type Cancellable, callVerb, onAbort, requireSuccess, told } from './verb.ts';

/** A container that is to be made. */
export interface CreateOptions extends Cancellable {
  /** letters, digits and `_+.-`; one of its own in the root */
  readonly id: string;
  /** the folder with config.json */
  readonly bundle: string;
  /** the three streams, 'ignore' when absent; without effect when the config asks for a terminal */
  readonly stdio?: StdioOption | undefined;
  /** the container's process gets a terminal: `process.terminal` of the config is true */
  readonly terminal?: boolean | undefined;
  /** MS_MOVE in place of pivot_root(2): for a root filesystem in a ramfs */
  readonly noPivot?: boolean | undefined;
  /** the caller's session keyring stays the container's */
  readonly noNewKeyring?: boolean | undefined;
}

/** What is there when a container has been made. */
export interface Creation {
  readonly keeper: Keeper;
  /** of the container's init */
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly terminal: Terminal | null;
}

/**
 * Makes a container that waits for its start.
 *
 * One that is given up by the signal is removed again. Whether there was one of the same id before is looked at first: that one is somebody
 * else's. One whose making nobody waits for any more, since the program was killed or its worker thread terminated, the keeper removes.
 */
export async function createContainer(caller: Caller, options: CreateOptions): Promise<Creation> {
  const { signal } = options;
  signal?.throwIfAborted();
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(tmpdir(), 'noci-'));
    if (signal !== undefined && (await stateOf(caller, options.id)) !== undefined)
      throw new RuntimeError('container with given ID already exists', { verb: 'create', code: 'EXISTS' });
    await turn();
    return await create(caller, options, folder);
  } catch (error) {
    throw asRuntimeError('create', error, signal);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function stateOf(caller: Caller, id: string): Promise<ContainerDescription | undefined> {
  try {
    return libraryNative().parseJson(await callVerb(caller, 'state', ['--', id])) as ContainerDescription;
  } catch {
    return undefined;
  }
}

/** Removes what a create that was told to give up has left. Somebody else may have taken the id: theirs stays. */
async function removeRest(caller: Caller, keeper: Keeper, id: string, { exit }: Ended): Promise<void> {
  // one that fails leaves nothing
  if (exit.signal === null && exit.status !== 0) return;
  const there = await stateOf(caller, id);
  if (there === undefined) return removeAborted(caller, id);
  if (there.pid !== 0 && (await keeper.isOfAnother(there.pid))) return;
  await callVerb(caller, 'delete', ['--force', '--', id]);
}

/** Without force, which would wait for a create of somebody else and remove what that has made. */
async function removeAborted(caller: Caller, id: string): Promise<void> {
  try {
    await callVerb(caller, 'delete', ['--', id]);
  } catch (error) {
    if (!(error instanceof RuntimeError && error.code === 'NOT_FOUND')) throw error;
  }
}

async function create(caller: Caller, options: CreateOptions, folder: string): Promise<Creation> {
  const { id, bundle, signal, terminal = false, stdio = 'ignore' } = options;
  const native = libraryNative();
  const pidFile = join(folder, 'pid');
  const consoleSocket = terminal ? join(folder, 'console') : undefined;
  const listening = consoleSocket === undefined ? undefined : native.listen(consoleSocket);
  try {
    const words = [
      'create',
      `--bundle=${bundle}`,
      `--pid-file=${pidFile}`,
      ...(consoleSocket === undefined ? [] : [`--console-socket=${consoleSocket}`]),
      ...(options.noPivot === true ? ['--no-pivot'] : []),
      ...(options.noNewKeyring === true ? ['--no-new-keyring'] : []),
      '--',
      id,
    ];
    const streams = openStreams(terminal ? 'ignore' : stdio);
    const making = { folder, undo: ['delete', '--force', '--', id] };
    const keeper = told('create', () => new Keeper(caller.executable, words, streams.fds, making), streams);
    const giveUp = onAbort(signal, () => keeper.abort());
    try {
      const ended = await keeper.created;
      if (signal?.aborted) {
        await removeRest(caller, keeper, id, ended);
        throw signal.reason;
      }
      requireSuccess(caller, 'create', ended);
      const pid = Number(await readFile(pidFile, 'utf8'));
      const stream = listening === undefined ? null : new Terminal(native.receiveTerminal(listening));
      const { stdin, stdout, stderr } = streams;
      void keeper.ended.then(() => endStreams(stdin, stdout, stderr, stream));
      return { keeper, pid, stdin, stdout, stderr, terminal: stream };
    } catch (error) {
      streams.destroy();
      throw error;
    } finally {
      giveUp();
    }
  } finally {
    if (listening !== undefined) native.release(listening);
  }
}
