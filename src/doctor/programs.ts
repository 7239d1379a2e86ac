import { programPath } from '../container/program-path.ts';
import { type Check, neededByNobody } from './check.ts';

/** Programs that noci starts or would; those of user namespaces are in users.ts. */
const programs: readonly (readonly [name: string, consequence: string, cure: string])[] = [
  ['ps', 'noci ps shows no table; with --format json it does without', "Debian's package procps"],
];

export const programChecks: readonly Check[] = programs.map(([name, consequence, cure]) => ({
  area: 'programs',
  name,
  question: 'is it in PATH',
  ask: ({ native }) => {
    const path = programPath(native, name);
    return path === undefined ? { found: 'absent', detail: 'not installed' } : { found: 'there', detail: path };
  },
  consequence,
  cure,
  need: neededByNobody,
}));
