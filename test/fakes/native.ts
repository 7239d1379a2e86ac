import type { Native, NativeError } from '../../src/native/contract.ts';

/** What a test sees of a fake host, and sets before. */
export interface FakeHost {
  readonly native: Native;
  readonly files: Map<string, string>;
  /** what was written to a file descriptor that is no file: 1 is stdout, 2 is stderr */
  written(fd: number): string;
  /** "open /x 0x80441 0644", … */
  readonly calls: string[];
}

export interface FakeOptions {
  readonly args?: readonly string[];
  readonly env?: { readonly [name: string]: string };
  readonly euid?: number;
  readonly cwd?: string;
  readonly terminal?: boolean;
  /** path → errno of open */
  readonly openErrors?: { readonly [path: string]: 'ENOENT' | 'EACCES' | 'ELOOP' | 'EEXIST' };
  readonly cold?: unknown;
  readonly functions?: Partial<Native>;
}

const words = {
  ENOENT: [2, 'no such file or directory'],
  EACCES: [13, 'permission denied'],
  ELOOP: [40, 'too many levels of symbolic links'],
  EEXIST: [17, 'file exists'],
  EPERM: [1, 'operation not permitted'],
  EBUSY: [16, 'device or resource busy'],
  ENODEV: [19, 'no such device'],
  EINVAL: [22, 'invalid argument'],
  ENOSPC: [28, 'no space left on device'],
  ERANGE: [34, 'numerical result out of range'],
} as const;

/** An error as the addon throws it. */
export function nativeError(syscall: string, path: string, code: keyof typeof words): NativeError {
  const [errno, message] = words[code];
  return Object.assign(new Error(message), { code, errno, syscall, path });
}

/** A host in memory with just the functions that the command line uses; any other throws a TypeError. */
export function fakeHost(options: FakeOptions = {}): FakeHost {
  const files = new Map<string, string>();
  const names = new Map<number, string>([
    [1, 'stdout'],
    [2, 'stderr'],
  ]);
  const calls: string[] = [];
  const open: Native['open'] = (_dirfd, path, flags, mode) => {
    calls.push(`open ${path} 0x${flags.toString(16)} 0${mode.toString(8)}`);
    const code = options.openErrors?.[path] ?? ((flags & 0x80) !== 0 && files.has(path) ? 'EEXIST' : undefined);
    if (code !== undefined) throw nativeError('open', path, code);
    const fd = 3 + names.size;
    names.set(fd, path);
    if (!files.has(path)) files.set(path, '');
    return fd;
  };
  const write: Native['write'] = (fd, data) => {
    const name = names.get(fd) as string;
    files.set(name, (files.get(name) ?? '') + String(data));
  };
  const native: Partial<Native> = {
    args: () => [...(options.args ?? ['noci'])],
    getenv: (name) => options.env?.[name],
    geteuid: () => options.euid ?? 0,
    getegid: () => options.euid ?? 0,
    getcwd: () => options.cwd ?? '/here',
    isatty: () => options.terminal ?? false,
    realtime: () => 1_000_000_000_000_000_000n,
    monotonic: () => 0n,
    cold: () => options.cold,
    close: () => {},
    statfs: () => undefined,
    uname: () => ({ release: '6.1.0', machine: 'x86_64' }),
    open,
    write,
    ...options.functions,
  };
  return { native: native as Native, files, calls, written: (fd) => files.get(names.get(fd) as string) ?? '' };
}
