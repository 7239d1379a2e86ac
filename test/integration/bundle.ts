import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Test } from 'tap';

const project = new URL('../../', import.meta.url).pathname;

/** The program under test, called noci. NOCI names another one than the default; build/run-tests.mjs goes through all hosts. */
export const noci = resolve(project, process.env.NOCI ?? 'dist/noci');
/** What runs the TypeScript of it: Node.js is started with the script beside the program, see addon/launcher. */
export const host = existsSync(noci) && existsSync(`${realpathSync(noci)}.cjs`) ? 'Node.js' : 'standalone';
/** The program beside it. */
export const runc = '/usr/sbin/runc';
/** noci built for tests: faults can be injected, see test/faults/main.ts. */
export const faulty = join(project, '.build/faults/noci');
const probe = join(project, '.build/probe/probe');

// biome-ignore lint/suspicious/noExplicitAny: a config under construction has any shape, wrong ones too
export type Draft = any;

let base: Draft;

/** What `runc spec` writes, without a terminal, running the probe: the base that tests change. */
export function baseConfig(): Draft {
  base ??= writeSpec();
  return structuredClone(base);
}

function writeSpec(): Draft {
  const folder = mkdtempSync(join(tmpdir(), 'noci-spec-'));
  try {
    execFileSync(runc, ['spec'], { cwd: folder });
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    config.process.terminal = false;
    config.process.args = ['/probe'];
    // runc adds one on a host with cgroup v2 alone; the base is the same on all
    config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'cgroup');
    return config;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What tests call in a container; all 270 that busybox has would cost more than the rest of a small test. */
const applets =
  'sh cat chmod cp date echo env false grep head hostname id kill ln ls mkdir mkfifo mount mv printf ps pwd readlink rm sed seq sleep ' +
  'sort stat stty tail test touch true tty umask umount uname wc';

/** A root filesystem with busybox in /bin, the probe at /probe and what an image usually has. */
export function makeRootfs(rootfs: string): void {
  for (const folder of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'var/lib'])
    mkdirSync(join(rootfs, folder), { recursive: true });
  cpSync('/bin/busybox', join(rootfs, 'bin/busybox'));
  cpSync(probe, join(rootfs, 'probe'));
  for (const applet of applets.split(' ')) symlinkSync('busybox', join(rootfs, 'bin', applet));
  writeFileSync(
    join(rootfs, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n',
  );
  writeFileSync(join(rootfs, 'etc/group'), 'root:x:0:\nuser:x:1000:\n');
}

/** A bundle in a folder of its own, removed when the test ends. `change` gets the base config and the folder. */
export function makeBundle(t: Test, change: (config: Draft, folder: string) => void = () => {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'noci-bundle-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  makeRootfs(join(folder, 'rootfs'));
  const config = baseConfig();
  change(config, folder);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config, null, 2));
  return folder;
}

/** Why a test of this file cannot run here, or false. */
export function missing(): string | false {
  if (process.getuid?.() !== 0) return 'root is needed';
  if (!existsSync(noci)) return `${noci} is not built`;
  if (!existsSync(runc)) return 'Debian package runc is missing';
  if (!existsSync(probe)) return 'the probe is not built';
  return false;
}
