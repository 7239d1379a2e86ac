import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Fd } from '../native/contract.ts';
import { AT_FDCWD, O_CLOEXEC, O_RDWR } from '../native/open-flags.ts';
import { libraryNative } from './library-addon.ts';

/**
 * What one of the three streams of a process is: `'pipe'` (a stream of Node.js), `'ignore'` (the null device), `'inherit'` (the program's
 * own of that number), or an open file descriptor, which stays the caller's.
 */
export type Stdio = 'pipe' | 'ignore' | 'inherit' | number;

/** The three streams: stdin, stdout, stderr; or one word for all. */
export type StdioOption = Stdio | readonly [Stdio, Stdio, Stdio];

/** Both ends of what connects the program with a process. */
export interface StreamEnds {
  /** what becomes 0, 1, 2 of the process */
  readonly fds: readonly Fd[];
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Closes what is the process's alone: it has copies, or will never be. */
  release(): void;
  /** Ends our side too. */
  destroy(): void;
}

/** A stream at our end of a pipe. Pipes and not sockets: `/dev/stdout` can be opened once more in the container. */
export function readEnd(fd: Fd): Socket {
  return new Socket({ fd, readable: true, writable: false });
}

function writeEnd(fd: Fd): Socket {
  return new Socket({ fd, readable: false, writable: true });
}

/** Opens what `option` asks for. Takes some microseconds for each stream. */
export function openStreams(option: StdioOption): StreamEnds {
  const native = libraryNative();
  const kinds = typeof option === 'object' ? option : ([option, option, option] as const);
  const own: Fd[] = [];
  const streams: (Socket | null)[] = [];
  const release = () => {
    for (const fd of own.splice(0)) native.close(fd);
  };
  const destroy = () => {
    for (const stream of streams) stream?.destroy();
  };
  const open = (kind: Stdio, place: number): Fd => {
    const [fd, stream] = openStream(kind, place);
    streams.push(stream);
    if (kind === 'pipe' || kind === 'ignore') own.push(fd);
    return fd;
  };
  let fds: Fd[];
  try {
    fds = kinds.map(open);
  } catch (error) {
    release();
    destroy();
    throw error;
  }
  const [stdin = null, stdout = null, stderr = null] = streams;
  // a process that has ended takes no input: that is no error of the program's
  stdin?.on('error', () => {});
  return { fds, stdin, stdout, stderr, release, destroy };
}

/** The process's end, and ours. */
function openStream(kind: Stdio, place: number): [Fd, Socket | null] {
  const native = libraryNative();
  if (kind === 'inherit') return [place, null];
  if (kind === 'ignore') return [native.open(AT_FDCWD, '/dev/null', O_RDWR | O_CLOEXEC, 0), null];
  if (kind !== 'pipe') return [kind, null];
  const [reading, writing] = native.pipe();
  return place === 0 ? [reading, writeEnd(writing)] : [writing, readEnd(reading)];
}

/**
 * All that comes out of a stream, as UTF-8; of one that is destroyed, what has come until then. Piece by piece, since to decode 10 MB at
 * once would hold up the event loop.
 */
export function textOf(stream: Readable | null): Promise<string> {
  return new Promise((resolve) => {
    const decoder = new StringDecoder('utf8');
    let text = '';
    const finish = () => resolve(text + decoder.end());
    if (stream === null || stream.closed) return finish();
    stream.on('data', (chunk: Buffer) => {
      text += decoder.write(chunk);
    });
    stream.on('error', () => {});
    stream.on('close', finish);
  });
}

/**
 * What is left of the streams of a process that has ended: it takes nothing any more, and the end of what it has written is looked for,
 * which closes streams that nobody reads and that have nothing to say.
 */
export function endStreams(stdin: Writable | null, ...outputs: (Readable | null)[]): void {
  stdin?.destroy();
  for (const output of outputs) if (output?.readableFlowing === null) output.read(0);
}
