import type { HostLibrary } from '../native/contract.ts';
import { type Check, neededByNobody, type Patient } from './check.ts';

const shared = {
  area: 'libraries',
  consequence: 'none: noci needs no library; other container tools may',
  cure: 'the package of your distribution',
  need: neededByNobody,
} as const;

function checkOf({ name, version, abilities, problem }: HostLibrary): Check {
  const words = [version ?? 'its version is not told', ...abilities];
  return {
    ...shared,
    name,
    question: 'dlopen(3), and what it says of itself',
    ask: () =>
      problem === undefined ? { found: 'there', detail: words.join(', ') } : { found: 'absent', detail: problem },
  };
}

/** A static executable can load no library. */
const needsNode: Check = {
  ...shared,
  name: 'libraries',
  question: 'dlopen(3), and what they say of themselves',
  ask: () => ({
    found: 'unknown',
    detail: 'asking them needs Node.js: this executable is static',
  }),
  cure: 'noci-node doctor, with Node.js 20 or later and the npm package koffi',
};

/** libseccomp and its like, as far as this host of noci can ask them. */
export function libraryChecks({ native }: Patient): readonly Check[] {
  return native.hostLibraries === undefined ? [needsNode] : native.hostLibraries().map(checkOf);
}
