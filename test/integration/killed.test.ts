// Kills the standalone executable itself at each system call that changes something, one after the other; after each,
// `delete --force` must leave nothing behind. (crash.test.ts does the same between the calls of the TypeScript, and more.)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { host, makeBundle, missing, noci } from './bundle.ts';
import { must } from './container.ts';
import { initProcesses, snapshot } from './host-snapshot.ts';
import { bare, call } from './report.ts';

const id = `noci-killed-${process.pid}`;

/** What makes, changes or removes something that outlives the process, or tells another process of it. */
const changing =
  'clone,clone3,vfork,write,pwrite64,sendmsg,recvfrom,fsync,fchmod,flock,mkdirat,renameat,unlinkat,openat2,open_tree,' +
  'move_mount,socketpair,pidfd_open,pidfd_send_signal,waitid,wait4,kill';

/** A system call of a command: the `when`th of its name. */
interface Moment {
  readonly name: string;
  readonly when: number;
}

interface Place {
  readonly root: string;
  readonly bundle: string;
}

function words({ root, bundle }: Place, command: string): string[] {
  const known: Record<string, string[]> = { BUNDLE: ['--bundle', bundle], ID: [id] };
  return ['--root', root, ...command.split(' ').flatMap((word) => known[word] ?? [word])];
}

/** A command under strace(1). Nobody reads what it prints: the container holds its stdout. */
function trace(place: Place, command: string, options: readonly string[]): string {
  const output = join(dirname(place.root), 'trace');
  const args = [...bare({}), '/usr/bin/strace', '-qq', '-o', output, `--trace=${changing}`, ...options, noci];
  spawnSync('/usr/bin/env', [...args, ...words(place, command)], { stdio: 'ignore' });
  return readFileSync(output, 'utf8');
}

/** One undisturbed command tells which moments there are. */
function moments(place: Place, command: string): Moment[] {
  const seen = new Map<string, number>();
  return [...trace(place, command, []).matchAll(/^(\w+)\(/gm)].map(([, name = '']) => {
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return { name, when: seen.get(name) ?? 0 };
  });
}

const skip =
  missing() ||
  (host !== 'standalone' && `on ${host} crash.test.ts does this`) ||
  (spawnSync('/usr/bin/strace', ['--version']).status !== 0 && 'Debian package strace is missing');

/** Commands, each with what comes before it. */
const commands: readonly (readonly [command: string, ...prepare: string[]])[] = [
  ['create BUNDLE ID'],
  ['run --detach BUNDLE ID'],
  ['start ID', 'create BUNDLE ID'],
  ['kill ID KILL', 'create BUNDLE ID', 'start ID'],
  ['delete --force ID', 'create BUNDLE ID', 'start ID'],
];

for (const [command, ...prepare] of commands) {
  t.test(`killed at any moment: ${[...prepare, command].join(', ')}`, { skip, timeout: 600_000 }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'noci-killed-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const bundle = makeBundle(t, (config) => {
      config.process.args = ['/bin/sleep', '60'];
      const hook = [{ path: '/bin/true', args: ['true'] }];
      config.hooks = { createRuntime: hook, createContainer: hook, poststart: hook, poststop: hook };
      delete config.process.capabilities.ambient;
    });
    const place = { root: join(folder, 'root'), bundle };
    const run = (line: string) => call(noci, place.root, words(place, line).slice(2));
    const look = () => snapshot(id, bundle, [place.root]);
    for (const line of prepare) must(run(line));
    const all = moments(place, command);
    must(run('delete --force ID'));
    const before = look();
    let killed = 0;
    for (const { name, when } of all) {
      for (const line of prepare) must(run(line));
      const told = trace(place, command, [`--inject=${name}:signal=KILL:when=${when}`]);
      if (told.includes('killed by SIGKILL')) killed++;
      const shown = run('state ID');
      const removed = run('delete --force ID');
      const at = `${name} ${when}`;
      if (shown.status !== 0 && !shown.stderr.includes('does not exist')) t.fail(`${at}: state: ${shown.stderr}`);
      if (removed.status !== 0) t.fail(`${at}: delete --force: ${removed.stderr}`);
      const after = look();
      if (JSON.stringify(after) !== JSON.stringify(before)) t.strictSame(after, before, `${at} leaves nothing`);
    }
    t.ok(all.length >= 5, `${all.length} moments`);
    t.ok(killed > all.length * 0.8, `it was killed at ${killed} of them`);
    t.strictSame(initProcesses(), [], 'no init is left on the machine');
  });
}
