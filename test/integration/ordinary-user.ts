// An ordinary user who calls a runtime as a shell of theirs would: the one that runs the tests, or one made up by root, who is known to
// nobody but the processes of one call.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Test } from 'tap';
import { type Draft, host, makeRootfs, noci } from './bundle.ts';
import { driverOptions } from './cgroup-driver.ts';
import { bare, type Outcome } from './report.ts';

const isRoot = process.getuid?.() === 0;

/** Of no range that Debian gives to anybody. */
export const uid = isRoot ? 60_701 : (process.getuid?.() ?? 0);
/** An id that the user may map, and some after it. */
export const subordinate = isRoot ? 700_000 : 100_000;

/** Files of the host as the user's processes see them, where root can make it so. passwd(5), subuid(5) */
const files: Readonly<Record<string, string>> = {
  passwd: `root:x:0:0:root:/root:/bin/sh\nrenter:x:${uid}:${uid}::/:/bin/sh\n`,
  subuid: `renter:${subordinate}:65536\n`,
  subgid: `renter:${subordinate}:65536\n`,
};

/** Why somebody other than root cannot be it here. */
export const notRoot: string | false = !isRoot && 'root is needed to be somebody else';

export interface Settings {
  /** a file of /etc → its text, instead of what it has usually */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** words before the runtime, e.g. of unshare(1) */
  readonly through?: readonly string[];
  readonly runtime?: string;
}

export interface User {
  /** theirs, with a bundle in it */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** the words that make a process the user's */
  words(settings?: Settings): string[];
  call(args: readonly string[], settings?: Settings): Outcome;
  /** the same, which must succeed: what it printed */
  told(...args: string[]): string;
}

/** The program and what it loads, in a place that is open to everybody. */
function install(folder: string): string {
  const dist = dirname(noci);
  for (const name of host === 'standalone' ? [basename(noci)] : readdirSync(dist))
    cpSync(join(dist, name), join(folder, 'program', name), { recursive: true });
  return join(folder, 'program', basename(noci));
}

function give(path: string): void {
  for (const name of readdirSync(path, { recursive: true })) lchownSync(join(path, String(name)), uid, uid);
  chownSync(path, uid, uid);
}

/** A user with what `spec --rootless` writes for them, and `change`, as their bundle. */
export function makeUser(t: Test, change: (config: Draft, folder: string) => void = () => {}): User {
  const folder = mkdtempSync(join(tmpdir(), 'noci-user-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  makeRootfs(join(folder, 'rootfs'));
  for (const name of ['run', 'etc']) mkdirSync(join(folder, name));
  const program = install(folder);
  const own = isRoot ? join(folder, 'run') : (process.env.XDG_RUNTIME_DIR ?? join(folder, 'run'));
  const env = { XDG_RUNTIME_DIR: own, PATH: '/usr/bin:/bin:/usr/sbin' };
  const user: User = {
    folder,
    env,
    words: (settings = {}) => {
      const environment = [...bare({ ...env, ...settings.env }), ...(settings.through ?? [])];
      return [...(isRoot ? becoming(folder, settings) : []), '/usr/bin/env', ...environment];
    },
    call: (args, settings = {}) => {
      const runtime = settings.runtime ?? program;
      const outputs = ['stdout', 'stderr'].map((name) => join(folder, 'etc', name));
      // to files: a container that goes on would keep a pipe open
      const line = [...user.words(settings), '/bin/sh', '-c', 'o=$1 e=$2; shift 2; exec "$@" >"$o" 2>"$e"', 'sh'];
      const words = [...line, ...outputs, runtime, ...driverOptions, ...args];
      for (const path of outputs) {
        // the last one belongs to whoever ran in the container: a runtime gives them its outputs
        rmSync(path, { force: true });
        writeFileSync(path, '');
        if (isRoot) chownSync(path, uid, uid);
      }
      const { status, signal } = spawnSync('/usr/bin/env', words, { cwd: folder, stdio: 'ignore', timeout: 60_000 });
      const [stdout = '', stderr = ''] = outputs.map((path) => readFileSync(path, 'utf8'));
      return { status, signal, stdout, stderr };
    },
    told: (...args) => {
      const { status, signal, stdout, stderr } = user.call(args);
      if (status !== 0) throw new Error(`${args[0]}: status ${status ?? signal}: ${stderr}`);
      return stdout;
    },
  };
  if (isRoot) chownSync(folder, uid, uid);
  user.told('spec', '--rootless');
  const file = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  config.process.terminal = false;
  change(config, folder);
  writeFileSync(file, JSON.stringify(config));
  if (isRoot) give(folder);
  return user;
}

/** The user's ids and no groups, and files of /etc that only their processes see. */
function becoming(folder: string, settings: Settings): string[] {
  const seen = Object.entries({ ...files, ...settings.files });
  for (const [name, text] of seen) writeFileSync(join(folder, 'etc', name), text);
  const binds = seen.map(([name]) => `mount --bind ${folder}/etc/${name} /etc/${name}`);
  const script = [...binds, 'exec "$@"'].join(' && ');
  const ids = ['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
  return ['unshare', '--mount', '--propagation', 'private', '/bin/sh', '-c', script, 'sh', ...ids];
}

/** Maps the own id, and those of a range that is the user's. */
export function mapMany({ linux }: Draft): void {
  const mappings = [
    { containerID: 0, hostID: uid, size: 1 },
    { containerID: 1, hostID: subordinate, size: 65_535 },
  ];
  Object.assign(linux, { uidMappings: mappings, gidMappings: mappings });
}

/** uid:gid of a file as the host has it. */
export function ownerOf(path: string): string {
  const { uid, gid } = statSync(path);
  return `${uid}:${gid}`;
}
