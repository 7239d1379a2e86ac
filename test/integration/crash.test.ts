// Kills the runtime before every call into the kernel, makes that call fail, kills init or fails it before every step, one
// after the other; after each, `delete --force` must leave nothing behind, and the machine must be as it was.
//
// What is killed is a process of its own. Everything else runs noci's `main` in this process, which saves a process start
// for each of some thousand commands.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { main } from '../../src/main.ts';
import type { Native } from '../../src/native/contract.ts';
import { createHost } from '../../src/node/host.ts';
import { type Counter, type Fault, inject } from '../faults/inject.ts';
import { type Draft, faulty, makeBundle, missing } from './bundle.ts';
import { initProcesses, snapshot } from './host-snapshot.ts';
import { remembering } from './remembering.ts';

const id = `noci-crash-${process.pid}`;
const sleeper = ['/bin/sleep', '60'];
const hook = [{ path: '/bin/true', args: ['true'] }];
const hooks = {
  prestart: hook,
  createRuntime: hook,
  createContainer: hook,
  startContainer: hook,
  poststart: hook,
  poststop: hook,
};

interface Outcome {
  readonly status: number | string | null;
  readonly text: string;
}

const host = missing() === false ? createHost(dirname(faulty)) : undefined;

/** One command of noci in this process; what it writes on stdout and stderr is caught. */
function call(
  args: readonly string[],
  fault: Fault = { kind: 'none' },
  counter: Counter = { calls: 0, steps: 0 },
): Outcome {
  if (host === undefined) throw new Error('not built');
  let text = '';
  const caught: Native = {
    ...host,
    args: () => ['noci', ...args],
    write: (fd, data) => {
      if (fd > 2) return host.write(fd, data);
      text += typeof data === 'string' ? data : Buffer.from(data).toString();
    },
  };
  const opened = new Set<number>();
  const status = main(inject(remembering(caught, opened), fault, counter));
  // the end of a process closes what it had open, the container's lock too
  for (const fd of opened) host.close(fd);
  // containers are children of this process now: whoever has ended is reaped, as a caller's subreaper would
  while (host.reap() !== undefined);
  return { status, text };
}

/**
 * The same command in a process that is killed. Its stderr is nobody's: a container that it made before it died holds it.
 * `env -i`: tap adds NODE_OPTIONS to what tests start.
 */
function killed(args: readonly string[], at: number): Outcome {
  const command = ['-i', `NOCI_KILL_AT=${at}`, faulty, ...args];
  const { status, signal } = spawnSync('/usr/bin/env', command, { stdio: 'ignore' });
  return { status: signal ?? status, text: '' };
}

/** A container's place: its state root and its bundle. */
interface Place {
  readonly root: string;
  readonly bundle: string;
}

function words({ root, bundle }: Place, command: string): string[] {
  const known: Record<string, string[]> = { BUNDLE: ['--bundle', bundle], ID: [id] };
  return ['--root', root, ...command.split(' ').flatMap((word) => known[word] ?? [word])];
}

const look = ({ root, bundle }: Place) => snapshot(id, bundle, [root]);

/** One fault, then what a caller would do. What is wrong afterwards, '' when all is well. */
function strike(
  place: Place,
  prepare: readonly string[],
  command: string,
  fault: Fault,
  before: ReturnType<typeof look>,
): string {
  for (const step of prepare) call(words(place, step));
  const args = words(place, command);
  const outcome = fault.kind === 'kill' ? killed(args, fault.at) : call(args, fault);
  const shown = call(words(place, 'state ID'));
  const removed = call(words(place, 'delete --force ID'));
  const after = look(place);
  const left = (['mounts', 'cgroups', 'processes', 'files'] as const).flatMap((key) =>
    after[key].filter((item) => !before[key].includes(item)).map((item) => `${key}: ${item}`),
  );
  const problems = [
    ...(shown.status === 0 || shown.text.includes('does not exist') ? [] : [`state: ${shown.text}`]),
    ...(removed.status === 0 ? [] : [`delete --force: ${removed.text}`]),
    ...left,
  ];
  return problems.length === 0
    ? ''
    : `${JSON.stringify(fault)} of ${command} (${outcome.status} ${outcome.text}): ${problems.join('; ')}`;
}

/** A command that nothing happens to, and that must succeed. */
function undisturbed(place: Place, command: string): Counter {
  const counter = { calls: 0, steps: 0 };
  const { status, text } = call(words(place, command), { kind: 'none' }, counter);
  if (status !== 0) throw new Error(`${command}: status ${status}, ${text}`);
  return counter;
}

/** All faults that can strike a command; one undisturbed call tells how many. */
function faultsOf(place: Place, prepare: readonly string[], command: string): Fault[] {
  for (const step of prepare) undisturbed(place, step);
  const { calls, steps } = undisturbed(place, command);
  undisturbed(place, 'delete --force ID');
  const each = (count: number, kinds: readonly ('kill' | 'fail' | 'init-kill' | 'init-fail')[]): Fault[] =>
    Array.from({ length: count }, (_, at) => kinds.map((kind) => ({ kind, at }) as Fault)).flat();
  return [...each(calls, ['kill', 'fail']), ...(steps > 0 ? each(steps + 1, ['init-kill', 'init-fail']) : [])];
}

function matrix(t: Test, place: Place, prepare: readonly string[], command: string): void {
  const faults = faultsOf(place, prepare, command);
  const before = look(place);
  const problems = faults
    .map((fault) => strike(place, prepare, command, fault, before))
    .filter((problem) => problem !== '');
  for (const problem of problems) t.fail(problem);
  t.equal(problems.length, 0, `${faults.length} faults leave nothing behind`);
  t.ok(faults.length > 10, 'there were faults');
  t.strictSame(initProcesses(), [], 'no init is left on the machine');
}

interface Case {
  readonly name: string;
  readonly change: (config: Draft) => void;
  /** commands under fault, each with what comes before it */
  readonly commands: readonly (readonly [command: string, ...prepare: string[]])[];
}

const cases: readonly Case[] = [
  {
    name: 'what runc spec writes',
    change: (config) => {
      config.process.args = sleeper;
    },
    commands: [
      ['create BUNDLE ID'],
      ['start ID', 'create BUNDLE ID'],
      ['kill ID KILL', 'create BUNDLE ID', 'start ID'],
      ['delete ID', 'create BUNDLE ID'],
      ['delete --force ID', 'create BUNDLE ID', 'start ID'],
    ],
  },
  {
    name: 'hooks, limits and a cgroup namespace',
    change: (config) => {
      config.process.args = sleeper;
      config.hooks = hooks;
      config.linux.namespaces.push({ type: 'cgroup' });
      config.linux.resources.memory = { limit: 67108864 };
      config.linux.resources.pids = { limit: 20 };
    },
    commands: [['run --detach BUNDLE ID'], ['start ID', 'create BUNDLE ID']],
  },
  {
    name: 'the processes of the host',
    change: (config) => {
      config.process.args = ['/bin/sh', '-c', 'sleep 60 & sleep 60'];
      config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'pid');
    },
    commands: [['create BUNDLE ID'], ['delete --force ID', 'create BUNDLE ID', 'start ID']],
  },
];

for (const { name, change, commands } of cases) {
  t.test(`crash matrix: ${name}`, { skip: missing(), timeout: 900_000 }, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'noci-crash-'));
    t.teardown(() => rmSync(root, { recursive: true, force: true }));
    const place = { root, bundle: makeBundle(t, change) };
    for (const [command, ...prepare] of commands) {
      await t.test([...prepare, command].join(', '), async (t) => matrix(t, place, prepare, command));
    }
  });
}
