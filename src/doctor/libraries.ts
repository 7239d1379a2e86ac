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

function notAsked(detail: string, cure: string): Check {
  return {
    ...shared,
    name: 'libraries',
    question: 'dlopen(3), and what they say of themselves',
    ask: () => ({ found: 'unknown', detail }),
    cure,
  };
}

/** A static executable can load no library. */
const needsNode = notAsked(
  'asking them needs Node.js: this executable is static',
  'noci-node doctor, with Node.js 20 or later and the npm package koffi',
);

/** Left out by `npm install --omit=optional`, or not made for this processor: nothing else is the worse for it. */
function needsKoffi(reason: string): Check {
  return notAsked(
    `asking them needs the npm package koffi, which cannot be loaded: ${reason}`,
    'npm install koffi, where noci is installed',
  );
}

/** libseccomp and its like, as far as this host of noci can ask them. */
export function libraryChecks({ native }: Patient): readonly Check[] {
  if (native.hostLibraries === undefined) return [needsNode];
  const libraries = native.hostLibraries();
  return typeof libraries === 'string' ? [needsKoffi(libraries)] : libraries.map(checkOf);
}
