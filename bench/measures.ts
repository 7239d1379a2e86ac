// What is measured, as data: each measure is a list of steps that is repeated, runtime after runtime in an order of chance.
import { join } from 'node:path';
import { type BundleName, type Bundles, sleep, true_ } from './bundles.ts';
import type { Step } from './launcher.ts';
import type { Runtime } from './runtimes.ts';
import { shuffle } from './statistics.ts';

/** What the steps of a measure are made from. */
export interface Bench {
  readonly bundles: Bundles;
  /** names no container had before */
  readonly id: () => string;
  readonly folder: string;
}

export interface Measure {
  readonly name: string;
  readonly title: string;
  /** of a full run, of --quick */
  readonly rounds: readonly [number, number];
  /** the bundle that a runtime must have run well; undefined: none is used */
  readonly bundle: BundleName | undefined;
  readonly steps: (bench: Bench, runtime: Runtime) => Step[];
}

const coldGap = 15;
const verbGap = 10;
const many = { containers: 50, width: 8 };

function runMeasure(bundle: BundleName, temperature: 'cold' | 'hot'): Measure {
  const row = `run ${bundle} ${temperature}`;
  const gap = temperature === 'cold' ? coldGap : 0;
  return {
    name: 'run',
    title: row,
    rounds: [bundle === 'b1' ? 150 : 80, 8],
    bundle,
    steps: (bench, runtime) => [
      {
        row,
        runtime: runtime.name,
        gap,
        commands: [runtime.run(bench.bundles.make(bundle, 'true', true_), bench.id())],
      },
    ],
  };
}

/**
 * The life of one container that sleeps, verb by verb.
 * `prefix` goes before the names of the rows, `others` is the number of waiting containers beside it.
 */
export function life(bench: Bench, runtime: Runtime, prefix = '', others = 0): Step[] {
  if (runtime.root === undefined) return [];
  const id = bench.id();
  const bundle = bench.bundles.make('b1', 'sleep', sleep);
  const step = (row: string, words: readonly string[], more: Partial<Step> = {}): Step => ({
    row: `${prefix}${row}`,
    runtime: runtime.name,
    gap: verbGap,
    commands: [runtime.verb(...words)],
    ...more,
  });
  return [
    step('create', ['create', '--bundle', bundle.folder, id]),
    step('state', ['state', id], { expect: '"created"' }),
    step('start', ['start', id]),
    step('exec', ['exec', id, ...true_]),
    step('kill', ['kill', id, 'KILL']),
    step('delete', ['delete', id], { alive: others }),
  ];
}

const version: Measure = {
  name: 'version',
  title: '--version',
  rounds: [100, 10],
  bundle: undefined,
  steps: (_, runtime) =>
    runtime.root === undefined
      ? []
      : [{ row: '--version', runtime: runtime.name, gap: verbGap, commands: [[runtime.path, '--version']] }],
};

const verbs: Measure = {
  name: 'verbs',
  title: 'create state start exec kill delete',
  rounds: [100, 8],
  bundle: 'b1',
  steps: (bench, runtime) => life(bench, runtime),
};

const manyAtOnce: Measure = {
  name: 'many',
  title: `${many.containers} containers, ${many.width} at a time`,
  rounds: [20, 2],
  bundle: 'b1',
  steps: (bench, runtime) => {
    const bundle = bench.bundles.make('b1', 'true', true_);
    const commands = Array.from({ length: many.containers }, () => runtime.run(bundle, bench.id()));
    return [{ row: 'many', runtime: runtime.name, gap: 100, width: many.width, commands }];
  },
};

/** How much a waiting container and a run cost in memory and calls; what these print goes to files of the folder. */
const footprint: Measure = {
  name: 'footprint',
  title: 'memory of a waiting init, system calls of run',
  rounds: [5, 1],
  bundle: 'b1',
  steps: (bench, runtime) => [...waitingInit(bench, runtime), ...tracedRun(bench, runtime)],
};

function waitingInit({ bundles, id, folder }: Bench, runtime: Runtime): Step[] {
  if (runtime.root === undefined) return [];
  const container = id();
  const pidFile = join(folder, `${container}.pid`);
  const into = join(folder, `memory-${runtime.name}-${container}`);
  const bundle = bundles.make('b1', 'sleep', sleep);
  const commands = [
    runtime.verb('create', '--bundle', bundle.folder, '--pid-file', pidFile, container),
    ['/bin/busybox', 'sh', '-c', `cat /proc/$(cat ${pidFile})/smaps_rollup >${into}`],
    runtime.verb('delete', '--force', container),
  ];
  return commands.map((command) => ({ row: 'waiting init', runtime: runtime.name, gap: verbGap, commands: [command] }));
}

function tracedRun({ bundles, id, folder }: Bench, runtime: Runtime): Step[] {
  const container = id();
  const into = join(folder, `calls-${runtime.name}-${container}`);
  const command = runtime.run(bundles.make('b1', 'true', true_), container);
  const commands = [['/usr/bin/strace', '-f', '-c', '-U', 'calls,name', '-o', into, ...command]];
  return [{ row: 'traced run', runtime: runtime.name, gap: verbGap, commands }];
}

export const measures: readonly Measure[] = [
  version,
  runMeasure('b1', 'cold'),
  runMeasure('b1', 'hot'),
  runMeasure('b2', 'cold'),
  runMeasure('b2', 'hot'),
  runMeasure('b3', 'cold'),
  runMeasure('b3', 'hot'),
  verbs,
  manyAtOnce,
  footprint,
];

/** All rounds of a measure, the runtimes of each round in an order of chance. */
export function interleave(measure: Measure, rounds: number, bench: Bench, runtimes: readonly Runtime[]): Step[] {
  return Array.from({ length: rounds }, () =>
    shuffle(runtimes).flatMap((runtime) => measure.steps(bench, runtime)),
  ).flat();
}
