// Terminals for tests, without going through noci's own code: a pty of the host's, and a console socket that takes one.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import type { Test } from 'tap';
import { bare } from './report.ts';

const libc = koffi.load('libc.so.6');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)');
const ioctlNumber = libc.func('int ioctl(int fd, unsigned long request, intptr_t argument)');
const fcntl = libc.func('int fcntl(int fd, int command, int argument)');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, void *address, uint32_t length)');
const listen = libc.func('int listen(int fd, int backlog)');
const accept4 = libc.func('int accept4(int fd, void *address, void *length, int flags)');
const Iovec = koffi.struct('iovec', { base: 'void *', length: 'size_t' });
koffi.struct('msghdr', {
  name: 'void *',
  nameLength: 'uint32_t',
  vector: koffi.pointer(Iovec),
  vectorLength: 'size_t',
  control: 'void *',
  controlLength: 'size_t',
  flags: 'int',
});
const recvmsg = libc.func('long recvmsg(int fd, _Inout_ msghdr *message, int flags)');

const TIOCSWINSZ = 0x5414;
const TIOCGWINSZ = 0x5413;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTPEER = 0x5441;
const F_SETFL = 4;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const MSG_CMSG_CLOEXEC = 0x40000000;

function must(what: string, result: number): number {
  if (result < 0) throw new Error(`${what}: errno ${koffi.errno()}`);
  return result;
}

/** The master of a terminal, read without waiting. */
export class Master {
  readonly fd: number;
  #output = Buffer.alloc(0);

  constructor(t: Test, fd: number) {
    this.fd = fd;
    must('fcntl', fcntl(fd, F_SETFL, constants.O_RDWR | constants.O_NONBLOCK));
    t.teardown(() => closeSync(fd));
  }

  /** All that was written to the terminal up to now. */
  bytes(): Buffer {
    const buffer = Buffer.alloc(1 << 16);
    const parts = [this.#output];
    try {
      for (let length = 1; length > 0; ) {
        length = readSync(this.fd, buffer);
        parts.push(Buffer.from(buffer.subarray(0, length)));
      }
    } catch (error) {
      // EIO: nobody has the other side open
      if (!['EAGAIN', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    if (parts.length > 1) this.#output = Buffer.concat(parts);
    return this.#output;
  }

  text(): string {
    return this.bytes().toString();
  }

  type(text: string): void {
    writeSync(this.fd, text);
  }

  resize(rows: number, columns: number): void {
    must('TIOCSWINSZ', ioctl(this.fd, TIOCSWINSZ, Buffer.from(new Uint16Array([rows, columns, 0, 0]).buffer)));
  }

  size(): readonly number[] {
    const size = new Uint16Array(4);
    must('TIOCGWINSZ', ioctl(this.fd, TIOCGWINSZ, size));
    return [...size.subarray(0, 2)];
  }
}

/** A terminal of the host's, as a terminal emulator has it. */
export class Pty extends Master {
  readonly slave: number;

  constructor(t: Test) {
    super(t, openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY));
    must('TIOCSPTLCK', ioctl(this.fd, TIOCSPTLCK, Buffer.alloc(4)));
    this.slave = must(
      'TIOCGPTPEER',
      ioctlNumber(this.fd, TIOCGPTPEER, constants.O_RDWR | constants.O_NOCTTY | SOCK_CLOEXEC),
    );
    t.teardown(() => closeSync(this.slave));
    this.resize(24, 80);
  }

  /** stty -a: every mode and the size. */
  modes(): string {
    return spawnSync('stty', ['-a'], { stdio: [this.slave, 'pipe', 'inherit'], encoding: 'utf8' }).stdout;
  }

  /** Runs a program as the leader of a session with this terminal. `stdio`: what is not the terminal. */
  spawn(command: readonly string[], stdio: readonly (number | undefined)[] = []): ChildProcess {
    const [input, output = this.slave, error = this.slave] = stdio;
    // setsid takes the terminal from its stdin
    const redirected = input === undefined ? [] : ['/bin/sh', '-c', 'exec "$@" <&3 3<&-', 'sh'];
    const line = ['--ctty', '/usr/bin/env', ...bare({}), ...redirected, ...command];
    return spawn('/usr/bin/setsid', line, {
      stdio: [this.slave, output, error, ...(input === undefined ? [] : [input])],
    });
  }
}

/** How a process ended: its exit status, or the signal. */
export const ended = (child: ChildProcess): Promise<number | string | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    child.on('exit', (status, signal) => resolve(status ?? signal));
  });

/** A message of a console socket: its data, and the terminals that came along. */
export interface Received {
  readonly data: string;
  readonly fds: readonly number[];
}

/** Listens at `path`; each call of the result takes one connection and its message, which have to be there already. */
export function consoleSocket(t: Test, path: string): () => Received {
  const fd = must('socket', socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  t.teardown(() => closeSync(fd));
  const address = Buffer.alloc(110);
  address.writeUInt16LE(AF_UNIX);
  address.write(path, 2);
  must('bind', bind(fd, address, address.length));
  must('listen', listen(fd, 4));
  return () => {
    const connection = must('accept4', accept4(fd, null, null, SOCK_CLOEXEC));
    try {
      return receive(connection);
    } finally {
      closeSync(connection);
    }
  };
}

/** One recvmsg(2) with room for more than one fd: what else came would be seen. cmsg(3) */
function receive(connection: number): Received {
  const data = Buffer.alloc(4096);
  const control = Buffer.alloc(256);
  const message = {
    name: null,
    nameLength: 0,
    vector: [{ base: data, length: data.length }],
    vectorLength: 1,
    control,
    controlLength: control.length,
    flags: 0,
  };
  const length = must('recvmsg', recvmsg(connection, message, MSG_CMSG_CLOEXEC));
  const used = Number(message.controlLength) < 16 ? 16 : Number(control.readBigUInt64LE(0));
  const fds = Array.from({ length: (used - 16) / 4 }, (_, index) => control.readInt32LE(16 + 4 * index));
  return { data: data.toString('utf8', 0, length), fds };
}
