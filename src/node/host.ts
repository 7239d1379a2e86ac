import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Native } from '../native/contract.ts';
import { type Addon, loadAddon, loadCold } from './load.ts';

/**
 * noci's host in Node.js: the addon, and what a host must do itself. `directory` holds the addon and the folder `cold`; for
 * an executable it is where the executable really is, whatever link it was called by.
 *
 * What Node.js does before its first line of JavaScript cannot be undone here, so that the standalone executable differs:
 * - The soft limit RLIMIT_NOFILE is raised to the hard one. The caller's is gone: the parent's own limit may be another (a
 *   wrapper that set it, a Go program that restores it at exec). Containers without such a limit in config.json get the raised one.
 * - FD_CLOEXEC is set on inherited fds (harmless: they are handed on by dup3) and a closed stdin, stdout or stderr is the
 *   null device.
 * - {@link Native.inheritedFds} is a judgement, see addon/parent/inherited_fds.h.
 * - NODE_OPTIONS and its kin are obeyed.
 *
 * Nothing here or behind it may use process.stdin, process.stdout, process.stderr or console: they set O_NONBLOCK on open
 * files that are shared with the caller, and it stays set when the process is killed.
 */
export function createHost(directory: string = executableDirectory()): Native {
  const addon = loadAddon(directory);
  // Before anything is opened that is noci's own.
  const inherited = addon.inheritedFds();
  return {
    ...addon,
    inheritedFds: () => [...inherited],
    args: () => scriptArguments(addon),
    cold: (name) => loadCold(directory, name),
  };
}

function executableDirectory(): string {
  return dirname(realpathSync(process.argv[1] ?? '.'));
}

/** The kernel's arguments without those that are Node's own: the bytes as they are, which process.argv no longer has. */
function scriptArguments(addon: Addon): string[] {
  const all = addon.args();
  return all.slice(all.length - (process.argv.length - 1));
}
