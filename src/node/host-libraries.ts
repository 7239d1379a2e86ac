import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { HostLibrary } from '../native/contract.ts';

/** The part of koffi that is used here. */
interface Koffi {
  load(path: string): { func(prototype: string): (...args: unknown[]) => unknown };
  decode(pointer: unknown, type: string, length: number): readonly number[];
}

type Library = ReturnType<Koffi['load']>;

/** A library, and what it says of itself. */
interface Question {
  readonly name: string;
  readonly ask: (library: Library, koffi: Koffi) => Pick<HostLibrary, 'version' | 'abilities'>;
}

/** What a function returns; undefined where this version of the library does not have it. */
function answer(library: Library, prototype: string, ...args: unknown[]): unknown {
  try {
    return library.func(prototype)(...args);
  } catch {
    return undefined;
  }
}

/** Whether this version of the library has a function; it is not called. */
function has(library: Library, prototype: string): boolean {
  try {
    library.func(prototype);
    return true;
  } catch {
    return false;
  }
}

/** "1.8.4" of /usr/lib/…/libapparmor.so.1.8.4, which the loader has just mapped, for those that have no function that tells. */
function fileVersion(name: string): string | undefined {
  const stem = name.replace(/\.so\..*$/, '.so.');
  const line = readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .find((text) => text.includes(`/${stem}`));
  const [, version] = /\.so\.([\d.]+)$/.exec(line ?? '') ?? [];
  return version === undefined ? undefined : `file ${version}`;
}

/** seccomp_version(3): three unsigned int; seccomp_api_get(3) */
const libseccomp: Question['ask'] = (library, koffi) => {
  const version = answer(library, 'const void *seccomp_version()');
  const level = answer(library, 'unsigned int seccomp_api_get()');
  return {
    version: version ? koffi.decode(version, 'unsigned int', 3).join('.') : undefined,
    abilities: typeof level === 'number' ? [`API level ${level}`] : [],
  };
};

function kernelSide(enabled: boolean): string {
  return enabled ? 'enabled in this kernel' : 'not enabled in this kernel';
}

/** aa_is_enabled(2), aa_stack_profile(2) */
const libapparmor: Question['ask'] = (library) => ({
  version: fileVersion('libapparmor.so.1'),
  abilities: [
    kernelSide(answer(library, 'int aa_is_enabled()') === 1),
    ...(has(library, 'int aa_stack_profile(const char *)') ? ['can stack profiles'] : []),
  ],
});

/** is_selinux_enabled(3), security_getenforce(3) */
const libselinux: Question['ask'] = (library) => {
  const enabled = answer(library, 'int is_selinux_enabled()') === 1;
  const enforcing = enabled && answer(library, 'int security_getenforce()') === 1;
  return {
    version: fileVersion('libselinux.so.1'),
    abilities: [kernelSide(enabled), ...(enforcing ? ['enforcing'] : [])],
  };
};

/** sd_booted(3), sd_bus_open_system(3) */
const libsystemd: Question['ask'] = (library) => {
  const booted = Number(answer(library, 'int sd_booted()')) > 0;
  return {
    version: fileVersion('libsystemd.so.0'),
    abilities: [
      booted ? 'this host was booted with systemd' : 'this host was not booted with systemd',
      ...(has(library, 'int sd_bus_open_system(void *)') ? ['speaks D-Bus'] : []),
    ],
  };
};

const questions: readonly Question[] = [
  { name: 'libseccomp.so.2', ask: libseccomp },
  { name: 'libapparmor.so.1', ask: libapparmor },
  { name: 'libselinux.so.1', ask: libselinux },
  { name: 'libsystemd.so.0', ask: libsystemd },
];

/** Loaded only here, and only when somebody asks: it is a native module of its own, which no other part of noci needs. A text: why not. */
function loadKoffi(directory: string): Koffi | string {
  try {
    return createRequire(`${directory}/host-libraries`)('koffi') as Koffi;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}

function askOne(koffi: Koffi, { name, ask }: Question): HostLibrary {
  let library: Library;
  try {
    library = koffi.load(name);
  } catch {
    return { name, version: undefined, abilities: [], problem: 'not installed' };
  }
  return { name, ...ask(library, koffi) };
}

/**
 * What the libraries that container tools use say of themselves. Which they are is known here and nothing of it depends on anybody's
 * words: dlopen(3) looks where the linker does.
 *
 * @param directory where the executable or the library of noci is, for koffi to be found beside it
 * @returns a text where koffi is not: why it cannot be loaded
 */
export function hostLibraries(directory: string): HostLibrary[] | string {
  const koffi = loadKoffi(directory);
  return typeof koffi === 'string' ? koffi : questions.map((question) => askOne(koffi, question));
}
