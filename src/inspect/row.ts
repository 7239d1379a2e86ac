/** What is looked at, in the order in which it is told. */
export const SECTIONS = ['namespaces', 'mounts', 'cgroups', 'process', 'processes'] as const;

export type Section = (typeof SECTIONS)[number];

/**
 * same: as configured. drift: somebody has changed it behind noci's back. noted: it differs, but programs do that themselves, and often.
 * unknown: this user may not look, or what was configured is not known.
 */
export type Verdict = 'same' | 'drift' | 'noted' | 'unknown';

/** One property: what was asked for beside what the kernel says. */
export interface Row {
  readonly section: Section;
  /** e.g. "pid", "/proc", "memory.max", "capabilities bounding" */
  readonly name: string;
  /** the place in config.json that asks for it; '' when none does */
  readonly pointer: string;
  /** absent when nothing was asked for */
  readonly configured?: string;
  /** absent when there is nothing */
  readonly now?: string;
  readonly verdict: Verdict;
  readonly note?: string;
}
