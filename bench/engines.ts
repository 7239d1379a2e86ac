// How much of what a user of an engine waits for is the runtime: noci beside runc, in turns, called through timed.c.
import { copyFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { missing, startContainerd, startDocker, startPodman } from '../test/engines/engine.ts';
import { type Host, makeHost } from '../test/engines/host.ts';
import { readSamples, toJob } from './launcher.ts';
import { median, shuffle } from './statistics.ts';
import { align } from './table.ts';

/** Name → the program that engines would call. */
const runtimes = { noci: '/usr/bin/noci', runc: '/usr/sbin/runc' };
type Name = keyof typeof runtimes;
const names = Object.keys(runtimes) as Name[];

/** Where a runtime's stand-in is on an engine's host. Its base name tells podman what it can be asked. */
const standIn = (name: Name) => `/opt/timed/${name}`;

interface Measure {
  readonly title: string;
  /** words of a command, the program by its path */
  readonly command: (runtime: Name, round: number) => string[];
  /** what must be there before, and how it is removed */
  readonly before?: (runtime: Name) => string;
  readonly after?: (runtime: Name) => string;
}

interface Engine {
  readonly programs: readonly string[];
  readonly start: (host: Host) => void;
  readonly measures: readonly Measure[];
}

const box = 'localhost/box:1';

const engines: readonly Engine[] = [
  {
    programs: ['dockerd', 'docker'],
    start: (host) =>
      startDocker(host, {
        runtimes: Object.fromEntries(names.map((name) => [`timed-${name}`, { path: standIn(name) }])),
        'default-runtime': 'timed-noci',
      }),
    measures: [
      {
        title: 'docker run --rm --network host',
        command: (runtime) => [
          '/usr/bin/docker',
          'run',
          '--rm',
          '--network',
          'host',
          '--runtime',
          `timed-${runtime}`,
          box,
          'true',
        ],
      },
      {
        title: 'docker exec',
        before: (runtime) =>
          `docker run -d --name ${runtime} --network host --runtime timed-${runtime} ${box} sleep 100000 >/dev/null`,
        command: (runtime) => ['/usr/bin/docker', 'exec', runtime, 'true'],
        after: (runtime) => `docker rm -f ${runtime} >/dev/null`,
      },
    ],
  },
  {
    programs: ['containerd', 'ctr'],
    start: startContainerd,
    measures: [
      {
        title: 'ctr run --rm',
        command: (runtime, round) => [
          '/usr/bin/ctr',
          'run',
          '--rm',
          '--runc-binary',
          standIn(runtime),
          box,
          `${runtime}-${round}`,
          'true',
        ],
      },
    ],
  },
  {
    programs: ['podman', 'conmon'],
    start: startPodman,
    measures: [
      {
        title: 'podman run --rm',
        command: (runtime) => ['/usr/bin/podman', '--runtime', standIn(runtime), 'run', '--rm', box, 'true'],
      },
    ],
  },
];

interface Call {
  readonly verb: string;
  /** ms */
  readonly wall: number;
  readonly cpu: number;
}

interface Sample {
  readonly title: string;
  readonly runtime: Name;
  /** ms that the command took */
  readonly wall: number;
  readonly calls: readonly Call[];
}

function readCalls(text: string): Call[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
    .map(([verb = '', wall, cpu]) => ({ verb, wall: Number(wall) / 1e6, cpu: Number(cpu) / 1e3 }));
}

/** What of an engine runs for a container only; it ends a moment after the command. */
const companions = "pgrep -c '^(containerd-shim|conmon|podman|runc|noci|timed)'";

function sample(host: Host, { title, command }: Measure, runtime: Name, round: number): Sample {
  host.write('/run/shared/job', toJob([{ row: title, runtime, gap: 20, commands: [command(runtime, round)] }]));
  const calls = `${standIn(runtime)}.calls`;
  const text = host.told(`present=$(${companions} || true)
: >${calls}
/opt/timed/launch job result
for i in $(seq 500); do [ "$(${companions} || true)" -gt $present ] || break; sleep 0.02; done
cat ${calls}`);
  const [{ wall, error } = { wall: 0, error: 'no result' }] = readSamples(
    readFileSync(join(host.shared, 'result'), 'utf8'),
  );
  if (error !== undefined) throw new Error(`${title}, ${runtime}: ${error}`);
  const found = readCalls(text);
  if (found.length === 0) throw new Error(`${title}: ${runtime} was not called`);
  return { title, runtime, wall, calls: found };
}

/** The first two rounds warm caches. */
const warmUp = 2;

function take(host: Host, measure: Measure, rounds: number): Sample[] {
  const samples: Sample[] = [];
  for (const name of names) if (measure.before !== undefined) host.told(measure.before(name));
  for (let round = -warmUp; round < rounds; round++)
    for (const name of shuffle(names)) {
      const taken = sample(host, measure, name, round + warmUp);
      if (round >= 0) samples.push(taken);
    }
  for (const name of names) if (measure.after !== undefined) host.told(measure.after(name));
  return samples;
}

/** Where timed.c and launch.c are, built: beside this program. */
const programs = dirname(fileURLToPath(import.meta.url));

function installStandIns(host: Host): void {
  for (const program of ['timed', 'launch']) copyFileSync(join(programs, program), join(host.shared, program));
  host.told('mkdir -p /opt/timed; mv launch /opt/timed/; chmod 755 /opt/timed/launch timed');
  for (const name of names) host.told(`cp timed ${standIn(name)}; ln -s ${runtimes[name]} ${standIn(name)}.real`);
}

/** Every measure of an engine, on a host that ends with them. */
async function measure({ start, measures }: Engine, rounds: number): Promise<Sample[]> {
  const ends: (() => unknown)[] = [];
  try {
    const host = makeHost({ teardown: (end) => ends.push(end) });
    installStandIns(host);
    start(host);
    return measures.flatMap((measure) => {
      process.stderr.write(`${measure.title}: ${rounds} rounds\n`);
      return take(host, measure, rounds);
    });
  } finally {
    for (const end of ends) await end();
  }
}

const sumOf = (calls: readonly Call[], what: 'wall' | 'cpu') => calls.reduce((sum, call) => sum + call[what], 0);

const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
const both = (values: readonly number[]) => `${digits(median(values))} (${digits(Math.min(...values))})`;

/** A third of runc's share. */
const target = 1 / 3;

/** Medians, and minima in brackets. */
function row(title: string, samples: readonly Sample[]): string[] {
  const of = (name: Name, what: (sample: Sample) => number) =>
    samples.filter((sample) => sample.title === title && sample.runtime === name).map(what);
  const wall = ({ wall }: Sample) => wall;
  const called = ({ calls }: Sample) => sumOf(calls, 'wall');
  const cpu = ({ calls }: Sample) => sumOf(calls, 'cpu');
  const share = (name: Name) => median(of(name, (sample) => called(sample) / sample.wall));
  const compared = share('noci') / share('runc');
  const ratio = (what: (sample: Sample) => number) => {
    const [noci, runc] = [of('noci', what), of('runc', what)];
    const minima = Math.min(...noci) / Math.min(...runc);
    return `${(median(noci) / median(runc)).toFixed(2)} (${minima.toFixed(2)})`;
  };
  return [
    title,
    ...names.flatMap((name) => [both(of(name, wall)), both(of(name, called)), percent(share(name))]),
    `${compared.toFixed(2)} ${compared <= target ? '✓' : '✗'} ≤ ${target.toFixed(2)}`,
    ratio(called),
    ratio(cpu),
  ];
}

/** What each call of a command took, in the order that they are made. */
function callsOf(title: string, samples: readonly Sample[]): string[] {
  const [first] = samples.filter((sample) => sample.title === title);
  const counts = new Map<string, number>();
  return (first?.calls ?? []).flatMap(({ verb }) => {
    const nth = counts.get(verb) ?? 0;
    counts.set(verb, nth + 1);
    const of = (name: Name) =>
      samples
        .filter((sample) => sample.title === title && sample.runtime === name)
        .flatMap(({ calls }) => calls.filter((call) => call.verb === verb).slice(nth, nth + 1));
    const middle = (name: Name, what: 'wall' | 'cpu') => digits(median(of(name).map((call) => call[what])));
    const cells = (['wall', 'cpu'] as const).flatMap((what) => names.map((name) => middle(name, what)));
    return [[title, verb, ...cells].join('\t')];
  });
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '40' }, calls: { type: 'boolean' }, only: { type: 'string' } },
});
const chosen = engines.filter(({ programs }) => values.only === undefined || programs.includes(values.only));
const [absent] = chosen.map(({ programs }) => missing(...programs, 'runc')).filter(Boolean);
if (absent) throw new Error(`noci: ${absent}`);
const samples: Sample[] = [];
for (const engine of chosen) samples.push(...(await measure(engine, Number(values.rounds))));
const titles = chosen.flatMap(({ measures }) => measures.map(({ title }) => title));
const head = [
  'ms',
  ...names.flatMap((name) => [name, 'in its calls', 'share']),
  'noci/runc: share',
  'calls',
  'CPU of calls',
];
process.stdout.write(`${align([head, ...titles.map((title) => row(title, samples))])}\n`);
if (values.calls) process.stdout.write(`\n${titles.flatMap((title) => callsOf(title, samples)).join('\n')}\n`);
