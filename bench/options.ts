import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What the command line asks for. Paths are absolute. */
export interface Options {
  readonly quick: boolean;
  readonly help: boolean;
  /** name → path, in the order of columns */
  readonly runtimes: ReadonlyMap<string, string>;
  /** undefined: v1 where the host has hierarchies of version 1, else v2 */
  readonly view: 'v1' | 'v2' | undefined;
  /** cgroups by systemd */
  readonly systemd: boolean;
  /** names of the only measures to take */
  readonly only: ReadonlySet<string> | undefined;
  /** at most so many rounds of each measure */
  readonly rounds: number;
  readonly json: string | undefined;
  readonly chart: string | undefined;
}

const parts = ['version', 'run', 'verbs', 'many', 'footprint', 'containers', 'mounts'];

export const usage = `usage: npm run bench -- [options]
       npm run bench -- --vm   create on cgroup v2, in a guest of Debian (test/vm), with both drivers of cgroups
       npm run bench -- --engines [--only docker|ctr|podman] [--rounds N] [--calls]
                               the share of the runtime in what users of engines wait for
  --quick               few rounds, everything within 90 s; figures are for plausibility only
  --noci PATH           the noci to measure (dist/noci)
  --runtime NAME=PATH   one more runtime; again for more; runc=PATH and crun=PATH replace Debian's
  --view v1|v2          the cgroup hierarchies that runtimes see (v1 where the host has them)
  --systemd             cgroups are made by systemd, which must run here
  --only NAME,…         only these: ${parts.join(' ')}
  --rounds N            at most N rounds of each
  --json FILE           where the figures go (bench/results/DATE.json)
  --chart FILE          where the picture goes (docs/benchmark.svg after a full run, else beside the figures)
`;

/** @throws Error when the words make no sense */
export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      noci: { type: 'string', default: 'dist/noci' },
      runtime: { type: 'string', multiple: true, default: [] },
      view: { type: 'string' },
      systemd: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      chart: { type: 'string' },
    },
  });
  return {
    quick: values.quick,
    help: values.help,
    runtimes: readRuntimes(values.noci, values.runtime),
    view: readView(values.view),
    systemd: values.systemd,
    only: readOnly(values.only),
    rounds: readRounds(values.rounds),
    json: values.json && resolve(values.json),
    chart: values.chart && resolve(values.chart),
  };
}

function readRuntimes(noci: string, words: readonly string[]): Map<string, string> {
  const runtimes = new Map([
    ['noci', resolve(noci)],
    ['crun', '/usr/bin/crun'],
    ['runc', '/usr/sbin/runc'],
  ]);
  for (const word of words) {
    const [, name, path] = /^([\w.-]+)=(.+)$/.exec(word) ?? [];
    if (name === undefined || path === undefined) throw new Error(`--runtime ${word}: want NAME=PATH`);
    if (name === 'floor') throw new Error('--runtime floor: the name is taken');
    runtimes.set(name, resolve(path));
  }
  return runtimes;
}

function readView(word: string | undefined): 'v1' | 'v2' | undefined {
  if (word === undefined || word === 'v1' || word === 'v2') return word;
  throw new Error(`--view ${word}: want v1 or v2`);
}

function readOnly(word: string | undefined): Set<string> | undefined {
  if (word === undefined) return undefined;
  const unknown = word.split(',').find((name) => !parts.includes(name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: want ${parts.join(', ')}`);
  return new Set(word.split(','));
}

function readRounds(word: string | undefined): number {
  const rounds = word === undefined ? Number.POSITIVE_INFINITY : Number(word);
  if (!(rounds >= 1)) throw new Error(`--rounds ${word}: want a number from 1`);
  return rounds;
}
