import { Duplex } from 'node:stream';
import { ReadStream } from 'node:tty';
import type { Fd } from '../native/contract.ts';
import { libraryNative } from './library-addon.ts';

/** How large a terminal is, in characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** More than a terminal gives at once. N_TTY_BUF_SIZE of the kernel */
const longestRead = 4096;
const none = new Uint8Array(0);

/**
 * The other side of a process's terminal: what is written to it is typed, what is read from it is shown. The end of what is read
 * comes when nobody has the terminal open any more.
 */
export class Terminal extends Duplex {
  readonly #master: Fd;
  readonly #stream: ReadStream;
  readonly #onResize: () => void;
  #isClosed = false;

  /** @internal */
  constructor(master: Fd, onResize: () => void = () => {}) {
    // where nobody reads what is typed there is no use in typing
    super({ allowHalfOpen: false });
    this.#master = libraryNative().duplicate(master);
    this.#onResize = onResize;
    this.#stream = new ReadStream(master);
    this.#stream.on('data', (data) => {
      if (!this.push(data)) this.#stream.pause();
    });
    this.#stream.on('end', () => this.#finish());
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      // the end of a terminal, pty(7)
      if (error.code === 'EIO') this.#finish();
      else this.destroy(error);
    });
    this.#stream.pause();
  }

  /** Gives the terminal another size; the process gets SIGWINCH. */
  resize(size: TerminalSize): void {
    const { rows, columns } = size;
    if (this.#isClosed) return;
    libraryNative().tcsetwinsize(this.#master, { rows, columns, xpixel: 0, ypixel: 0 });
    this.#onResize();
  }

  /**
   * Nobody has the terminal open any more. What was written last is still in the kernel: libuv takes a read of less than 64 KiB for the
   * last one then, and a terminal gives 4 KiB at most.
   */
  #finish(): void {
    for (let rest = this.#readRest(); rest.length > 0; rest = this.#readRest()) this.push(rest);
    this.push(null);
    this.#close();
  }

  #readRest(): Uint8Array {
    try {
      return this.#isClosed ? none : libraryNative().read(this.#master, longestRead);
    } catch {
      // EIO at the end, EAGAIN where somebody has opened it once more
      return none;
    }
  }

  #close(): void {
    if (!this.#isClosed) libraryNative().release(this.#master);
    this.#isClosed = true;
  }

  /** @internal */
  override _read(): void {
    this.#stream.resume();
  }

  /** @internal */
  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#stream.destroyed) done();
    // an error of the terminal is told once, by what is read
    else this.#stream.write(data, () => done());
  }

  /** @internal */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stream.destroy();
    this.#close();
    done(error);
  }
}
