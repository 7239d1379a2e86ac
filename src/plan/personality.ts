import { lookup } from './lookup.ts';
import type { Planner, Warner } from './planner.ts';
import { planned } from './planner.ts';

/** `linux.personality.domain` → PER_* of personality(2). */
export const PERSONALITIES: Readonly<Record<string, number>> = { LINUX: 0, LINUX32: 8 };

/** `linux.personality` */
export const personality: Planner = ({ linux }) => {
  if (linux.personality === undefined) return [];
  const { domain: name = '' } = linux.personality;
  const domain = lookup(PERSONALITIES, name, `invalid personality domain: ${name}`);
  return [planned({ step: 'personality', domain }, '/linux/personality')];
};

/** The specification names no flag for personality, so there is none to obey. */
export const personalityWarnings: Warner = ({ linux }) =>
  linux.personality?.flags?.length
    ? [`ignoring unsupported personality flags: [${linux.personality.flags.join(' ')}]`]
    : [];
