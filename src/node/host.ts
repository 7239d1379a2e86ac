import { dirname } from 'node:path';
import type { Native } from '../native/contract.ts';
import { hostLibraries } from './host-libraries.ts';
import { type Addon, loadAddon, loadCold } from './load.ts';

/**
 * noci's host in Node.js: the addon, and what a host must do itself. `directory` holds the addon and the folder `cold`.
 *
 * What Node.js does to a process before its first line of JavaScript is undone by addon/launcher, which the executable is, and
 * addon/node, so that what is started cannot tell the two hosts apart.
 *
 * Nothing here or behind it may use process.stdin, process.stdout, process.stderr or console: they set O_NONBLOCK on open
 * files that are shared with the caller, and it stays set when the process is killed.
 */
export function createHost(directory: string): Native {
  const addon = loadAddon(directory);
  return {
    ...addon,
    args: () => scriptArguments(addon),
    cold: (name) => loadCold(directory, name),
    hostLibraries: () => hostLibraries(directory),
  };
}

/** The host of an executable, where the script that the launcher has named is. */
export function createExecutableHost(): Native {
  return createHost(dirname(process.argv[1] ?? '.'));
}

/** The kernel's arguments without Node's own and the script: the bytes as they are, which process.argv no longer has. */
function scriptArguments(addon: Addon): string[] {
  const all = addon.args();
  return all.slice(all.length - (process.argv.length - 2));
}
