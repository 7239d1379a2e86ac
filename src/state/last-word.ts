import type { Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_REMOVEDIR } from '../native/open-flags.ts';
import type { ContainerDirectory } from './directory.ts';

/** Why there is no container. */
export interface LastWord {
  /** what was being done: the property of config.json by its pointer, '' for none */
  readonly pointer: string;
  readonly message: string;
}

const prefix = 'failed:';

/** NAME_MAX of linux/limits.h, in bytes */
const longest = 255;

/**
 * Tells whoever watches the state why a create has failed, before its directory goes: as the name of an entry that is made and removed,
 * since the notification has the name when nothing of the container is left to be read. What goes wrong here is of no account.
 */
export function leaveLastWord(native: Native, { fd }: ContainerDirectory, word: LastWord): void {
  const name = write(word);
  try {
    native.mkdir(fd, name, 0o700);
    native.unlink(fd, name, AT_REMOVEDIR);
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}

function write({ pointer, message }: LastWord): string {
  return `${prefix}${escaped(pointer)} ${escaped(message)}`.slice(0, longest);
}

/** Blanks and slashes part, and a name that is cut at a byte is to stay text. */
function escaped(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').replace(/[%/]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

/** What such a name says; undefined for any other. */
export function readLastWord(name: string): LastWord | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const text = name.slice(prefix.length);
  const blank = text.indexOf(' ');
  const plain = (part: string) => part.replace(/%(2f|25)/g, (_, code) => (code === '2f' ? '/' : '%'));
  return { pointer: plain(text.slice(0, blank)), message: plain(text.slice(blank + 1)) };
}
