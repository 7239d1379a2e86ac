import type { Figure } from './figures.ts';

/** A line of the table, with the most that noci may need of what another needs. */
export interface Row {
  readonly title: string;
  /** name of the figure */
  readonly figure: string;
  /** other runtime → largest ratio */
  readonly targets?: Readonly<Record<string, number>>;
}

const verb = (name: string): Row => ({ title: name, figure: name, targets: { crun: 0.45, runc: 0.3 } });

export const rows: readonly Row[] = [
  { title: '--version', figure: '--version', targets: { crun: 0.35 } },
  { title: 'run b1, cold', figure: 'run b1 cold', targets: { crun: 0.3, runc: 0.17, floor: 1.5 } },
  { title: 'run b1, hot', figure: 'run b1 hot' },
  { title: 'run b1, hot, CPU', figure: 'run b1 hot, CPU', targets: { crun: 0.6, runc: 0.22, floor: 1.5 } },
  { title: 'run b2, cold', figure: 'run b2 cold' },
  { title: 'run b2, hot', figure: 'run b2 hot' },
  { title: 'run b2, hot, CPU', figure: 'run b2 hot, CPU' },
  { title: 'run b3, cold', figure: 'run b3 cold' },
  { title: 'run b3, hot', figure: 'run b3 hot' },
  { title: 'run b3, hot, CPU', figure: 'run b3 hot, CPU' },
  { title: 'create', figure: 'create', targets: { crun: 0.25, runc: 0.15 } },
  verb('start'),
  verb('state'),
  { title: 'exec', figure: 'exec', targets: { crun: 0.2, runc: 0.15 } },
  verb('kill'),
  verb('delete'),
  { title: '50 × run, 8 at a time', figure: 'many', targets: { crun: 0.65, runc: 0.22, floor: 1.6 } },
  { title: '50 × run, CPU', figure: 'many, CPU' },
  { title: 'run b1, peak RSS', figure: 'run b1 cold, peak RSS', targets: { crun: 1, runc: 0.3 } },
  { title: 'waiting init, Pss', figure: 'waiting init, Pss', targets: { crun: 0.15, runc: 0.02 } },
  { title: 'waiting init, anonymous', figure: 'waiting init, anonymous' },
  { title: 'run b1, system calls', figure: 'run b1, system calls' },
];

/** How noci stands to another runtime in one row. */
export interface Ratio {
  readonly value: number;
  readonly target: number | undefined;
  readonly met: boolean | undefined;
}

export function find(figures: readonly Figure[], name: string, runtime: string): Figure | undefined {
  return figures.find((figure) => figure.name === name && figure.runtime === runtime);
}

/** The medians compared; undefined when either is missing or failed. */
export function ratio(figures: readonly Figure[], row: Row, peer: string): Ratio | undefined {
  const [own, other] = ['noci', peer].map((runtime) => find(figures, row.figure, runtime));
  if (own === undefined || other === undefined || own.error !== undefined || other.error !== undefined)
    return undefined;
  const value = own.median / other.median;
  const target = row.targets?.[peer];
  return { value, target, met: target === undefined ? undefined : value <= target };
}
