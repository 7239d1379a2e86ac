// Measures noci beside other runtimes: sets the scene, takes every measure, tells, and removes what it made.
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BundleName, Bundles, bundleNames } from './bundles.ts';
import { draw, groupsOf } from './chart.ts';
import { type Figure, figuresOf, footprints, growths } from './figures.ts';
import { addMounts, containersGrowth, mountsGrowth } from './growth.ts';
import { Launcher, type Sample } from './launcher.ts';
import { type Bench, interleave, type Measure, measures } from './measures.ts';
import { type Options, readOptions, usage } from './options.ts';
import { environment, floorRuntime, likeRunc, type Runtime } from './runtimes.ts';
import { failures, growthTable, mainTable, verdict } from './table.ts';
import { find, ratio, rows } from './targets.ts';
import { reporter, verify } from './verify.ts';
import { makeView, type View } from './view.ts';
import { closeWorkspace, openWorkspace, removeContainers, type Workspace } from './workspace.ts';

/** Everything that is there while it is measured. */
interface Scene extends Bench {
  readonly options: Options;
  readonly workspace: Workspace;
  readonly view: View;
  readonly runtimes: readonly Runtime[];
  readonly launcher: Launcher;
  /** what a reader must know of this run */
  readonly notes: string[];
}

/** Where the programs of launch.c and floor.c are: beside this one. */
const programs = dirname(fileURLToPath(import.meta.url));

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function setScene(options: Options, workspace: Workspace, launcher: Launcher): Scene {
  const { folder, prefix } = workspace;
  const view = makeView(options.view, join(folder, 'view'));
  const notes: string[] = [];
  const limits = ['memory', 'cpu', 'pids'].every((controller) => view.controllers.has(controller));
  if (!limits) notes.push('b2 is without limits: this view lacks the controllers memory, cpu and pids');
  const runtimes = [...options.runtimes].map(([name, path]) => likeRunc(name, path, folder, options.systemd));
  if (view.version === 'v1') runtimes.push(floorRuntime(join(programs, 'floor'), view));
  else notes.push('no floor: bench/floor.c knows cgroups of version 1 only');
  let made = 0;
  return {
    options,
    workspace,
    view,
    runtimes,
    launcher,
    notes,
    folder,
    bundles: new Bundles(join(folder, 'bundles'), options.runtimes.get('runc') ?? '', limits),
    id: () => `${prefix}${++made}`,
  };
}

/** Bundle → runtime → why it cannot be measured. */
type Refusals = ReadonlyMap<BundleName, ReadonlyMap<string, string>>;

/** Who has the bundle at all: the floor is b1. */
function candidates({ runtimes }: Scene, bundle: BundleName | undefined): Runtime[] {
  return runtimes.filter(({ root }) => root !== undefined || bundle === 'b1');
}

async function verifyAll(scene: Scene): Promise<Refusals> {
  const { bundles, runtimes, id, launcher, notes } = scene;
  const attempt = (runtime: Runtime, name: BundleName) => {
    const bundle = bundles.make(name, 'report', reporter(bundles.make(name, 'true', ['/bin/busybox', 'true']).config));
    return verify(runtime, bundle, id());
  };
  const noci = runtimes.find(({ name }) => name === 'noci');
  const problem = noci && bundles.hasSeccomp ? attempt(noci, 'b2') : undefined;
  if (problem !== undefined) bundles.dropSeccomp();
  if (!bundles.hasSeccomp)
    notes.push(`b2 is without seccomp profile, for all: ${problem ?? 'the kernel headers are missing'}`);
  const refusals = new Map<BundleName, Map<string, string>>();
  for (const bundle of bundleNames) {
    const refused = new Map<string, string>();
    refusals.set(bundle, refused);
    for (const runtime of candidates(scene, bundle)) {
      await setImmediate();
      launcher.goOn();
      const wrong = attempt(runtime, bundle);
      if (wrong !== undefined) refused.set(runtime.name, wrong);
    }
  }
  return refusals;
}

function roundsOf(options: Options, [full, quick]: readonly [number, number]): number {
  return Math.min(options.rounds, options.quick ? quick : full);
}

function wants(options: Options, name: string): boolean {
  return options.only === undefined || options.only.has(name);
}

async function takeMeasure(scene: Scene, measure: Measure, refusals: Refusals): Promise<Sample[]> {
  const rounds = roundsOf(scene.options, measure.rounds);
  const refused = measure.bundle && refusals.get(measure.bundle);
  const all = candidates(scene, measure.bundle);
  say(`${measure.title}: ${rounds} rounds`);
  const able = all.filter(({ name }) => !refused?.has(name));
  const samples = await scene.launcher.run(interleave(measure, rounds, scene, able));
  const failing = all
    .filter(({ name }) => refused?.has(name))
    .flatMap((runtime) => measure.steps(scene, runtime))
    .map(({ row, runtime }) => ({ row, runtime, wall: 0, cpu: 0, rss: 0, error: refused?.get(runtime) ?? '' }));
  return [...samples, ...failing];
}

/** Levels, and rounds at each: of a full run, of --quick. */
const growth = {
  containers: { levels: [1, 10, 100, 1000], quick: [1, 10, 50], rounds: [20, 3] as const },
  mounts: { levels: [0, 10, 100, 1000], quick: [0, 10, 100], rounds: [40, 3] as const },
};

/** Memory that is free for containers, kB. */
function freeMemory(): number {
  return Number(/^MemAvailable: +(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) / 2;
}

async function growContainers(scene: Scene, refusals: Refusals, figures: readonly Figure[]): Promise<Sample[]> {
  const { options, launcher, runtimes, notes } = scene;
  const refused = refusals.get('b1');
  const floor = runtimes.filter(({ root, name }) => root === undefined && !refused?.has(name));
  const samples: Sample[] = [];
  for (const runtime of runtimes.filter(({ root, name }) => root !== undefined && !refused?.has(name))) {
    const each = find(figures, 'waiting init, Pss', runtime.name)?.median ?? 10_000;
    const wanted = options.quick ? growth.containers.quick : growth.containers.levels;
    const levels = wanted.filter((count) => count * each <= freeMemory());
    if (levels.length < wanted.length) notes.push(`${runtime.name}: no memory for ${wanted.at(-1)} containers`);
    say(`growth, ${runtime.name}: beside ${levels.join(', ')} containers`);
    // The floor's own containers do not wait: it is measured beside those of noci.
    const companions = runtime.name === 'noci' ? floor : [];
    const rounds = roundsOf(options, growth.containers.rounds);
    samples.push(...(await launcher.run(containersGrowth(scene, runtime, companions, levels, rounds))));
  }
  return samples;
}

async function growMounts(scene: Scene, refusals: Refusals): Promise<Sample[]> {
  const { options, launcher, runtimes, folder } = scene;
  const able = runtimes.filter(({ name }) => !refusals.get('b1')?.has(name));
  const samples: Sample[] = [];
  let present = 0;
  for (const level of options.quick ? growth.mounts.quick : growth.mounts.levels) {
    addMounts(join(folder, 'mounts'), present, level);
    present = level;
    say(`growth: beside ${level} mounts`);
    samples.push(...(await launcher.run(mountsGrowth(scene, able, level, roundsOf(options, growth.mounts.rounds)))));
  }
  return samples;
}

async function measureAll(scene: Scene, refusals: Refusals): Promise<Figure[]> {
  const samples: Sample[] = [];
  for (const measure of measures.filter(({ name }) => wants(scene.options, name))) {
    samples.push(...(await takeMeasure(scene, measure, refusals)));
  }
  const first = [...figuresOf(samples), ...footprints(scene.folder, scene.runtimes)];
  const grown: Sample[] = [];
  if (wants(scene.options, 'containers')) grown.push(...(await growContainers(scene, refusals, first)));
  if (wants(scene.options, 'mounts')) grown.push(...(await growMounts(scene, refusals)));
  return [...first, ...figuresOf(grown)];
}

/** The machine, in one line. */
function machine(view: View): string {
  const [processor] = cpus();
  return `${cpus().length} × ${processor?.model ?? arch()}, Linux ${release().replace(/-.*/, '')}, cgroup ${view.version}`;
}

function tell(scene: Scene, figures: readonly Figure[]): void {
  const names = scene.runtimes.map(({ name }) => name);
  const found = growths(figures);
  const paragraphs = [
    machine(scene.view),
    scene.runtimes.map(({ name, version }) => `${name}: ${version}`).join('\n'),
    mainTable(figures, names),
    ...(found.length > 0 ? [growthTable(found, names)] : []),
    [...scene.notes, ...failures(figures)].map((note) => `* ${note}`).join('\n'),
    verdict(figures),
    ...(scene.options.quick ? ['A quick run: for plausibility only.'] : []),
  ];
  process.stdout.write(`${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`);
}

function record(scene: Scene, figures: readonly Figure[]): object {
  const peers = scene.runtimes.map(({ name }) => name).filter((name) => name !== 'noci');
  return {
    date: new Date().toISOString(),
    quick: scene.options.quick,
    machine: machine(scene.view),
    runtimes: scene.runtimes.map(({ name, path, version }) => ({ name, path, version })),
    notes: scene.notes,
    figures,
    growth: growths(figures),
    ratios: rows.flatMap((row) =>
      peers.flatMap((peer) => {
        const found = ratio(figures, row, peer);
        return found === undefined ? [] : [{ row: row.title, peer, ...found }];
      }),
    ),
  };
}

/** "crun 1.8.1" of "crun version 1.8.1". */
function called({ name, version, root }: Runtime): string {
  if (root === undefined) return 'floor: the same kernel calls, nothing else';
  const number = / (\d+\.\d+\S*)/.exec(version)?.[1];
  return number === undefined ? name : `${name} ${number.replace(/\+.*/, '')}`;
}

function save(scene: Scene, figures: readonly Figure[]): void {
  const { options, runtimes } = scene;
  const date = new Date().toISOString().replace(/\..*|[-:]/g, '');
  const json = options.json ?? join(process.cwd(), 'bench/results', `${date}.json`);
  // Only a full run makes the picture that the documentation shows.
  const whole = !options.quick && options.only === undefined && options.rounds === Number.POSITIVE_INFINITY;
  const chart =
    options.chart ?? (whole ? join(process.cwd(), 'docs/benchmark.svg') : json.replace(/(\.json)?$/, '.svg'));
  const names = runtimes.map(({ name }) => name);
  const legend = new Map(runtimes.map((runtime) => [runtime.name, called(runtime)]));
  const shown = groupsOf(figures, names);
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify(record(scene, figures), undefined, 1)}\n`);
  say(`figures: ${json}`);
  if (shown.length === 0) return;
  mkdirSync(dirname(chart), { recursive: true });
  writeFileSync(chart, draw(shown, legend, `${machine(scene.view)}. Measured by npm run bench.`));
  say(`picture: ${chart}`);
}

function checkPrograms(options: Options): void {
  for (const [name, path] of options.runtimes) {
    try {
      accessSync(path, constants.X_OK);
    } catch {
      throw new Error(`${name}: there is no program ${path}`);
    }
  }
}

async function bench(options: Options): Promise<number> {
  checkPrograms(options);
  const workspace = openWorkspace();
  const launcher = new Launcher(join(programs, 'launch'), workspace.folder);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => launcher.end());
  let scene: Scene | undefined;
  try {
    scene = setScene(options, workspace, launcher);
    const refusals = await verifyAll(scene);
    const figures = await measureAll(scene, refusals);
    tell(scene, figures);
    save(scene, figures);
    return 0;
  } finally {
    const left = await removeContainers(workspace, scene?.runtimes ?? [], scene?.view.hierarchies ?? []);
    if (left.length > 0) say(`left behind: ${left.join(' ')}`);
    closeWorkspace(workspace);
  }
}

async function main(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if (!options.help) return await bench(options);
    process.stdout.write(usage);
    return 0;
  } catch (error) {
    say(`noci: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

// Nothing of the caller's environment is measured with.
Object.assign(process.env, environment);
process.exitCode = await main(process.argv.slice(2));
