import { checkSeccomp } from '../bundle/checks/seccomp.ts';
import { readDocument } from '../bundle/document.ts';
import { findContainer } from '../container/find.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { checkConfig } from '../oci/schema.ts';
import type { Arch, Config, LinuxSeccomp } from '../oci/types.ts';
import { isEmptyProfile } from '../seccomp/filter.ts';
import { isId } from '../state/id.ts';
import { openRoot } from '../state/root.ts';
import { readProgram } from '../state/seccomp.ts';

/** A profile, and where it stands in its document. */
export interface FoundProfile {
  /** the document's path */
  readonly document: string;
  /** '/linux/seccomp', or '' where the document is the profile itself */
  readonly place: string;
  /** undefined: no system call is filtered */
  readonly seccomp: LinuxSeccomp | undefined;
}

const place = '/linux/seccomp';

/** S_IFDIR of stat(2) */
const isDirectory = (mode: number) => (mode & 0o170000) === 0o040000;

type Compiler = typeof import('../seccomp/module.ts');

/**
 * The profile that a word of the command line means: a container's id, a config.json, a bundle, or a file that is a linux.seccomp object
 * itself. Throws a Failure when there is none, or it is none.
 */
export function findProfile(native: Native, root: string, word: string, architecture: Arch): FoundProfile {
  if (isContainer(native, root, word)) return profileOfContainer(native, root, word, architecture);
  const found = native.stat(AT_FDCWD, word, 0);
  if (found === undefined) throw new Failure(`there is neither a container nor a file ${JSON.stringify(word)}`);
  return readProfileFile(native, isDirectory(found.mode) ? `${word}/config.json` : word);
}

function isContainer(native: Native, root: string, word: string): boolean {
  if (!isId(word)) return false;
  const fd = openRoot(native, root);
  if (fd === undefined) return false;
  const there = native.stat(fd, word, 0x100) !== undefined;
  native.close(fd);
  return there;
}

/** What filters its calls is what its config.json said then: that has to be what it says now. */
function profileOfContainer(native: Native, root: string, id: string, architecture: Arch): FoundProfile {
  const { directory, record } = findContainer(native, root, id);
  const document = `${record.bundle}/config.json`;
  if (record.seccomp === undefined) return { document, place, seccomp: undefined };
  const found = readProfileFile(native, document);
  const made = found.seccomp && (native.cold('seccomp') as Compiler).compile(found.seccomp, architecture);
  const program = readProgram(native, directory);
  if (made === undefined || !('program' in made) || !isSame(made.program, program))
    throw new Failure(`container ${id} has another filter than ${document} asks for now: it was changed since`);
  return found;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function readProfileFile(native: Native, document: string): FoundProfile {
  const value = readDocument(native, document, document);
  if (value === undefined) throw new Failure(`there is no ${document}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Failure(`${document} is no object`);
  if (!('defaultAction' in value)) {
    const { linux } = value as Config;
    return checked({ document, place, seccomp: linux?.seccomp });
  }
  if ('archMap' in value || 'defaultArchMap' in value)
    throw new Failure(
      `${document} is a profile for Docker, which makes linux.seccomp of it: explain a container's config.json`,
    );
  return checked({ document, place: '', seccomp: value as LinuxSeccomp });
}

function checked(found: FoundProfile): FoundProfile {
  if (found.seccomp === undefined || isEmptyProfile(found.seccomp)) return { ...found, seccomp: undefined };
  const config = { ociVersion: '1.0.0', linux: { seccomp: found.seccomp } } as unknown as Config;
  const shape = checkConfig(config).filter(({ pointer }) => pointer.startsWith(place));
  const [problem] = shape.length > 0 ? shape : checkSeccomp(config);
  if (problem === undefined) return found;
  throw new Failure(problem.message, placeIn(found, problem.pointer), { document: found.document });
}

/** The pointer in the document that was given. */
export function placeIn(found: FoundProfile, pointer: string): string {
  return found.place + pointer.slice(place.length);
}
