import { setupWords } from '../native/errno-words.ts';
import { isErrno } from '../native/failure.ts';

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

export type Finding = Pick<Row, 'verdict' | 'note'>;

/** Why something could not be looked at, which is no finding about it. */
export interface Unreadable {
  /** "access refused (EACCES)" */
  readonly unreadable: string;
}

export function notReadable({ unreadable }: Unreadable): Finding {
  return { verdict: 'unknown', note: `not readable: ${unreadable}` };
}

/** What `look` says, or why this user or this kernel does not let it. Other errors are thrown: the end of the process is one. */
export function legible<T>(look: () => T): T | Unreadable {
  try {
    return look();
  } catch (error) {
    if (!isErrno(error, ...refusals)) throw error;
    return { unreadable: setupWords(error.code) };
  }
}

/** EINVAL, EOPNOTSUPP: the kernel was built without it. */
const refusals = ['EACCES', 'EPERM', 'EINVAL', 'EIO', 'EOPNOTSUPP', 'ENOSYS', 'ELOOP'] as const;
