import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_APPEND, O_CLOEXEC, O_CREAT, O_NOFOLLOW, O_WRONLY } from '../native/open-flags.ts';
import { weakened } from '../native/weakened.ts';
import {
  type Field,
  formatJson,
  formatTerminal,
  formatText,
  type Level,
  type LogRecord,
  timestamp,
  visible,
} from './record.ts';

/** Extra fields of a record. */
export type Fields = { readonly [name: string]: Field };

/** Where a command says what is not its result. Never stdout. */
export interface Log {
  /** Whether debug records are written: ask before computing what only they need. */
  readonly debugging: boolean;
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warning(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /**
   * The last words of a call that ends in failure: an error record, and the bare message on stderr when the log is not there. `fields`
   * are for programs: they stand in a log in JSON only.
   */
  fatal(message: string, fields?: Fields): void;
}

/** The global options that concern the log. */
export interface LogOptions {
  readonly debug: boolean;
  /** a path, '' for stderr */
  readonly path: string;
  readonly format: string;
}

const stderr: Fd = 2;

const append = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;

const formats: readonly string[] = ['', 'text', 'json'];

/** The log as the options want it; '' as a format is text, as for runc. Throws a Failure when the format is not known or the file cannot be opened. */
export function openLog(native: Native, options: LogOptions): Log {
  if (!formats.includes(options.format)) throw new Failure(`invalid log-format: ${options.format}`);
  return createLog(native, openFile(native, options.path), options);
}

/** A log on stderr, for what goes wrong before the options are known. */
export function stderrLog(native: Native): Log {
  return createLog(native, stderr, { debug: false, path: '', format: 'text' });
}

/**
 * Appends, never truncates: the records of all calls for a container share a file. A symlink is refused, because the file is
 * written with the runtime's rights in a directory that may be somebody else's; only the fd links of procfs are followed.
 */
function openFile(native: Native, path: string): Fd {
  if (path === '' || path === '/dev/stderr') return stderr;
  WEAKENED: if (weakened('S64')) return native.open(AT_FDCWD, path, append, 0o644);
  const follow = path === '/dev/stdout' || path.startsWith('/dev/fd/') || path.startsWith('/proc/self/fd/');
  try {
    return native.open(AT_FDCWD, path, follow ? append : append | O_NOFOLLOW, 0o644);
  } catch (error) {
    if (!follow && isErrno(error, 'ELOOP'))
      throw new Failure(`open ${path}: is a symbolic link, which a log must not be`);
    throw error;
  }
}

function createLog(native: Native, fd: Fd, options: LogOptions): Log {
  const format = formatter(native, fd, options.format);
  const write = (level: Level, message: string, fields: Fields = {}) =>
    put(native, fd, format({ level, message, fields, time: now(native) }));
  return {
    debugging: options.debug,
    debug: (message, fields) => {
      if (options.debug) write('debug', message, fields);
    },
    info: (message, fields) => write('info', message, fields),
    warning: (message, fields) => write('warning', message, fields),
    error: (message, fields) => write('error', message, fields),
    fatal: (message, fields) => {
      write('error', message, options.format === 'json' ? fields : {});
      if (fd !== stderr) put(native, stderr, `${visible(message)}\n`);
    },
  };
}

function formatter(native: Native, fd: Fd, format: string): (record: LogRecord) => string {
  if (format === 'json') return formatJson;
  if (fd !== stderr || !native.isatty(stderr)) return formatText;
  const start = native.monotonic();
  return (record) => formatTerminal(record, Number((native.monotonic() - start) / 1_000_000_000n));
}

function now(native: Native): string {
  const milliseconds = Number(native.realtime() / 1_000_000n);
  return timestamp(milliseconds, 0 - new Date(milliseconds).getTimezoneOffset());
}

/** A log that cannot be written (full disk, closed stderr) must not change what the command does. */
function put(native: Native, fd: Fd, text: string): void {
  try {
    native.write(fd, text);
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}
