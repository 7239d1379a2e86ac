// What gets slower when more containers or mounts are there already. A row's name ends with what was there: "create +100
// containers".
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, true_ } from './bundles.ts';
import type { Step } from './launcher.ts';
import { type Bench, life } from './measures.ts';
import { call, type Runtime } from './runtimes.ts';
import { shuffle } from './statistics.ts';

export type Crowd = 'containers' | 'mounts';

/** What a row's name says. */
export interface GrowthRow {
  readonly verb: string;
  readonly count: number;
  readonly crowd: Crowd;
}

const rowForm = /^(\w+) \+(\d+) (containers|mounts)$/;

export function readRow(row: string): GrowthRow | undefined {
  const [, verb, count, crowd] = rowForm.exec(row) ?? [];
  return verb === undefined ? undefined : { verb, count: Number(count), crowd: crowd as Crowd };
}

function rename(step: Step, crowd: Crowd, count: number): Step {
  return { ...step, row: `${step.row} +${count} ${crowd}` };
}

function runOnce(bench: Bench, runtime: Runtime): Step {
  const command = runtime.run(bench.bundles.make('b1', 'true', true_), bench.id());
  return { row: 'run', runtime: runtime.name, gap: 15, commands: [command] };
}

/** Steps that bring up waiting containers level by level, measure at each level, and remove all. */
export function containersGrowth(
  bench: Bench,
  runtime: Runtime,
  companions: readonly Runtime[],
  levels: readonly number[],
  rounds: number,
): Step[] {
  const ids: string[] = [];
  const bundle = bench.bundles.make('b1', 'sleep', sleep);
  const batch = (row: string, commands: Step['commands']): Step => ({
    row,
    runtime: runtime.name,
    gap: 0,
    width: 4,
    commands,
  });
  const steps: Step[] = [];
  for (const level of levels) {
    const more = Array.from({ length: level - ids.length }, bench.id);
    ids.push(...more);
    steps.push(
      batch(
        'fill',
        more.map((id) => runtime.verb('create', '--bundle', bundle.folder, id)),
      ),
    );
    for (let round = 0; round < rounds; round++) {
      const beside = companions.map((companion) => runOnce(bench, companion));
      const own = [runOnce(bench, runtime), ...life(bench, runtime, '', level)];
      steps.push(...[...beside, ...own].map((step) => rename(step, 'containers', level)));
    }
  }
  return [
    ...steps,
    batch(
      'empty',
      ids.map((id) => runtime.verb('delete', '--force', id)),
    ),
  ];
}

/** Steps at one level of mounts, all runtimes in turn. */
export function mountsGrowth(bench: Bench, runtimes: readonly Runtime[], level: number, rounds: number): Step[] {
  return Array.from({ length: rounds }, () =>
    shuffle(runtimes).flatMap((runtime) => [runOnce(bench, runtime), ...life(bench, runtime)]),
  )
    .flat()
    .map((step) => rename(step, 'mounts', level));
}

/** Adds mounts to the mount namespace that the benchmark lives in. */
export function addMounts(folder: string, from: number, to: number): void {
  const points = Array.from({ length: to - from }, (_, index) => join(folder, `mount-${from + index}`));
  for (const point of points) mkdirSync(point);
  const script = 'for point in "$@"; do /bin/busybox mount -t tmpfs -o size=4k none "$point" || exit 1; done';
  const { status, stderr } = call(['/bin/busybox', 'sh', '-c', script, 'mounts', ...points]);
  if (status !== 0) throw new Error(`mount ${points.length} times: ${stderr.trim()}`);
}
