// What a profile says of a call, read off it rule by rule: neither our compiler nor libseccomp has a part in it.
import type { Arch, LinuxSeccomp, LinuxSeccompArg } from '../../../src/oci/types.ts';
import { verdict } from '../../../src/seccomp/actions.ts';
import { ARCHITECTURES } from '../../../src/seccomp/architectures.ts';
import { MULTIPLEXED } from '../../../src/seccomp/multiplexed.ts';
import { numberOf, openNumbers } from '../../../src/seccomp/numbers.ts';
import type { Call } from './bpf-machine.ts';

const numbers = openNumbers();

function holds({ index, op, value, valueTwo = 0 }: LinuxSeccompArg, args: readonly bigint[], bits: 32 | 64): boolean {
  const cut = (number: number | bigint) => BigInt.asUintN(bits, BigInt(number));
  const argument = cut(args[index] ?? 0n);
  const bound = cut(value);
  switch (op) {
    case 'SCMP_CMP_NE':
      return argument !== bound;
    case 'SCMP_CMP_LT':
      return argument < bound;
    case 'SCMP_CMP_LE':
      return argument <= bound;
    case 'SCMP_CMP_EQ':
      return argument === bound;
    case 'SCMP_CMP_GE':
      return argument >= bound;
    case 'SCMP_CMP_GT':
      return argument > bound;
    case 'SCMP_CMP_MASKED_EQ':
      return (argument & bound) === (cut(valueTwo) & bound);
  }
}

/** The arguments that a rule for `name` looks at when the call is made with this number; undefined: it is about another call. */
function argumentsFor(
  arch: Arch,
  name: string,
  args: readonly LinuxSeccompArg[],
  nr: number,
): readonly LinuxSeccompArg[] | undefined {
  const architecture = ARCHITECTURES[arch];
  if (numberOf(numbers, architecture, name) === nr) return args;
  const way = MULTIPLEXED[name];
  if (way === undefined || numberOf(numbers, architecture, way.through) !== nr) return undefined;
  return [{ index: 0, op: 'SCMP_CMP_EQ', value: way.number }, ...args.filter(({ index }) => index !== 0)];
}

/** The verdicts of all rules that are about the call and whose conditions hold. */
export function verdicts(
  { defaultAction, defaultErrnoRet, syscalls = [] }: LinuxSeccomp,
  arch: Arch,
  { nr, args }: Call,
): Set<number> {
  const otherwise = verdict(defaultAction, defaultErrnoRet);
  const found = new Set<number>();
  for (const entry of syscalls) {
    const value = verdict(entry.action, entry.errnoRet);
    if (value === otherwise) continue;
    const conditions = entry.args ?? [];
    const together = new Set(conditions.map(({ index }) => index)).size === conditions.length;
    for (const list of together ? [conditions] : conditions.map((one) => [one]))
      for (const name of entry.names) {
        const own = argumentsFor(arch, name, list, nr);
        if (own?.every((one) => holds(one, args, ARCHITECTURES[arch].bits))) found.add(value);
      }
  }
  return found.size === 0 ? new Set([otherwise]) : found;
}
