import { Duplex } from 'node:stream';
import { ReadStream } from 'node:tty';
import type { Fd } from '../native/contract.ts';
import { libraryNative } from './library-addon.ts';

/** How large a terminal is, in characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The other side of a process's terminal: what is written to it is typed, what is read from it is shown. The end of what is read
 * comes when nobody has the terminal open any more.
 */
export class Terminal extends Duplex {
  readonly #master: Fd;
  readonly #stream: ReadStream;
  readonly #onResize: () => void;

  /** @internal */
  constructor(master: Fd, onResize: () => void = () => {}) {
    // where nobody reads what is typed there is no use in typing
    super({ allowHalfOpen: false });
    this.#master = master;
    this.#onResize = onResize;
    this.#stream = new ReadStream(master);
    this.#stream.on('data', (data) => {
      if (!this.push(data)) this.#stream.pause();
    });
    this.#stream.on('end', () => this.push(null));
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      // the end of a terminal, pty(7)
      if (error.code === 'EIO') this.push(null);
      else this.destroy(error);
    });
    this.#stream.pause();
  }

  /** Gives the terminal another size; the process gets SIGWINCH. */
  resize(size: TerminalSize): void {
    const { rows, columns } = size;
    if (this.destroyed || this.#stream.destroyed) return;
    libraryNative().tcsetwinsize(this.#master, { rows, columns, xpixel: 0, ypixel: 0 });
    this.#onResize();
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
    done(error);
  }
}
