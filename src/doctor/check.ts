import type { Bundle } from '../bundle/bundle.ts';
import type { HostFacts } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';

/** What is asked about, in the order in which it is told. */
export const AREAS = [
  'kernel',
  'namespaces',
  'seccomp',
  'security modules',
  'cgroups',
  'users',
  'systemd',
  'sysctls',
  'programs',
  'files',
  'libraries',
  'bundle',
] as const;

export type Area = (typeof AREAS)[number];

/** Who is asked, and for whom. */
export interface Patient {
  readonly native: Native;
  readonly facts: HostFacts;
  /** the state root */
  readonly root: string;
  readonly systemdCgroup: boolean;
  readonly rootless: boolean | 'auto';
  /** whose needs count alone; undefined: those of every container count, and of what engines ask for by themselves */
  readonly bundle: Bundle | undefined;
}

/** What the host says. */
export interface Answer {
  /** unknown: this user may not ask, or it cannot be asked without a change that stays */
  readonly found: 'there' | 'absent' | 'unknown';
  /** a few words: an errno, a version, where it is */
  readonly detail: string;
  /** better ones than those of the check, where the answer knows more */
  readonly consequence?: string;
  readonly cure?: string;
}

/** One question. */
export interface Check {
  readonly area: Area;
  readonly name: string;
  /** what is asked of whom, e.g. "unshare(2) with CLONE_NEWTIME in a process that ends" */
  readonly question: string;
  readonly ask: (patient: Patient) => Answer;
  /** what it means when it is absent */
  readonly consequence: string;
  readonly cure: string;
  readonly need: Need;
}

/** Whose containers need it. */
export interface Need {
  /** all: without it there is no container. usual: engines ask for it by themselves. some: only a config that says so */
  readonly by: 'all' | 'usual' | 'some';
  /** the place in config.json that asks for it; undefined: nothing does */
  readonly pointer: (bundle: Bundle, patient: Patient) => string | undefined;
  /** without a bundle: whether it is about this user on this host at all; absent: it is */
  readonly applies?: (patient: Patient) => boolean;
}

export const neededByAll: Need = { by: 'all', pointer: () => '' };

/** Needed where `pointer` finds a place. */
export function neededBy(by: Need['by'], pointer: Need['pointer'], applies?: Need['applies']): Need {
  return applies === undefined ? { by, pointer } : { by, pointer, applies };
}

/** Only told, never missed. */
export const neededByNobody: Need = { by: 'some', pointer: () => undefined };

/** The pointer when the condition holds. */
export function placeIf(holds: boolean | undefined, pointer: string): string | undefined {
  return holds ? pointer : undefined;
}
