// Profiles by chance, always the same ones: what a filter compiler could stumble over.
import type { Arch, LinuxSeccomp, LinuxSeccompAction, LinuxSeccompArg, LinuxSyscall } from '../../../src/oci/types.ts';
import { WITH_ERRNO } from '../../../src/seccomp/actions.ts';
import { ARCHITECTURES } from '../../../src/seccomp/architectures.ts';
import { OPERATORS } from '../../../src/seccomp/operators.ts';
import type { Call } from './bpf-machine.ts';

/** Numbers from 0 to below a bound. mulberry32 */
export function chance(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

type Chance = ReturnType<typeof chance>;

function pick<T>(random: Chance, list: readonly T[]): T {
  return list[random(list.length)] as T;
}

const defaults: readonly LinuxSeccompAction[] = [
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_LOG',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_TRAP',
];

const actions: readonly LinuxSeccompAction[] = [...defaults, 'SCMP_ACT_NOTIFY', 'SCMP_ACT_KILL_THREAD'];

const values = [0n, 1n, 2n, 5n, 10n, 0x7fn, 0x100n, 0xffffn, 0x7e020000n, 0x7fffffffn, 0x80000000n, 0xffffffffn];
const wide = [0x100000000n, 0x100000005n, 0x200000000n, 0xffffffff00000000n, 0x7fffffffffffffffn, 0xffffffffffffffffn];

function value(random: Chance): bigint {
  return pick(random, random(4) === 0 ? wide : values);
}

function plain(number: bigint): number | bigint {
  return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number;
}

const operators = Object.keys(OPERATORS) as LinuxSeccompArg['op'][];

function condition(random: Chance, index: number): LinuxSeccompArg {
  const op = pick(random, operators);
  const two = op === 'SCMP_CMP_MASKED_EQ' ? { valueTwo: plain(value(random)) } : {};
  return { index, op, value: plain(value(random)), ...two };
}

function conditions(random: Chance): LinuxSeccompArg[] {
  const count = pick(random, [1, 1, 1, 2, 2, 3]);
  const indices = [0, 1, 2, 3, 4, 5].sort(() => random(3) - 1).slice(0, count);
  // several on one argument now and then, and not in the order of the arguments
  if (random(8) === 0) indices.push(indices[0] as number);
  return indices.map((index) => condition(random, index));
}

type Verdict = Pick<LinuxSyscall, 'action' | 'errnoRet'>;

function verdict(random: Chance): Verdict {
  const action = pick(random, actions);
  return WITH_ERRNO.has(action) && random(2) === 0 ? { action, errnoRet: random(200) } : { action };
}

function rule(random: Chance, names: readonly string[], verdict: Verdict): LinuxSyscall {
  return { names: [...names], ...verdict, ...(random(3) === 0 ? {} : { args: conditions(random) }) };
}

/** The architectures of machines: the first is what the runtime is made for. */
export const machines: readonly (readonly Arch[])[] = [
  ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  ['SCMP_ARCH_X86_64'],
  ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X32'],
  ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
  ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
  ['SCMP_ARCH_S390X', 'SCMP_ARCH_S390'],
  ['SCMP_ARCH_PPC64LE'],
  ['SCMP_ARCH_PPC64', 'SCMP_ARCH_PPC'],
  ['SCMP_ARCH_MIPS64', 'SCMP_ARCH_MIPS', 'SCMP_ARCH_MIPS64N32'],
  ['SCMP_ARCH_MIPSEL64', 'SCMP_ARCH_MIPSEL', 'SCMP_ARCH_MIPSEL64N32'],
  ['SCMP_ARCH_RISCV64'],
  ['SCMP_ARCH_PARISC64', 'SCMP_ARCH_PARISC'],
  ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_X86_64', 'SCMP_ARCH_X32'],
];

/**
 * A profile of `names`: many calls without conditions, some with, and a few on one call that overlap. `severe` says that the overlapping
 * ones have different verdicts.
 */
export function profile(random: Chance, names: readonly string[], severe: boolean): LinuxSeccomp {
  const defaultAction = pick(random, defaults);
  const one = verdict(random);
  const some = (count: number) => Array.from({ length: count }, () => pick(random, names));
  const syscalls: LinuxSyscall[] = [];
  if (random(4) > 0)
    syscalls.push({ names: [...new Set([...some(pick(random, [1, 20, 200])), 'no_such_call'])], ...one });
  for (let count = random(6); count > 0; count--) syscalls.push(rule(random, some(1 + random(2)), one));
  const contested = pick(random, [...some(3), 'clone', 'socket', 'semop', 'socketcall', 'personality']);
  for (let count = random(6); count > 0; count--)
    syscalls.push(rule(random, [contested], severe ? verdict(random) : one));
  return {
    defaultAction,
    ...(defaultAction === 'SCMP_ACT_ERRNO' && random(2) === 0 ? { defaultErrnoRet: 1 + random(100) } : {}),
    syscalls: syscalls.sort(() => random(3) - 1),
  };
}

/** The values on both sides of every bound that the rules of `seccomp` have, in one half of the argument and in the other. */
function boundaries({ syscalls = [] }: LinuxSeccomp): bigint[] {
  const found = new Set([0n, 0xffffffffffffffffn, 0x8000000000000000n]);
  for (const { args = [] } of syscalls)
    for (const { value, valueTwo = 0 } of args)
      for (const one of [BigInt(value), BigInt(valueTwo)])
        for (const near of [one - 1n, one, one + 1n, one ^ 0x100000000n, one ^ 1n, one | 0x80000000n])
          found.add(BigInt.asUintN(64, near));
  return [...found];
}

const edges = [
  0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0x80000001, 0xbfffffff, 0xc0000000, 0xc0000005, 0xfffffffe,
  0xffffffff,
];

/** Calls that tell filters for `seccomp` apart: every number, and the ones with conditions with the arguments of every boundary. */
export function* calls(
  random: Chance,
  seccomp: LinuxSeccomp,
  architectures: readonly Arch[],
  numbersWithArguments: (arch: Arch) => readonly number[],
): Generator<Call> {
  const bounds = boundaries(seccomp);
  const args = (): bigint[] => Array.from({ length: 6 }, () => pick(random, bounds));
  const foreign = random(2) === 0 ? 0x40000003 : 0xc00000b7;
  for (const nr of [0, 1, 59, 0x40000001, 0xffffffff]) yield { arch: foreign, nr, args: args() };
  for (const one of architectures) {
    const { audit: arch, base } = ARCHITECTURES[one];
    for (let nr = 0; nr < 620; nr++) yield { arch, nr: base + nr, args: args() };
    for (const nr of [...edges, 3999, 0xf0000, 0xf0001, 0xf0005, 0xf0006]) yield { arch, nr, args: args() };
    for (const nr of numbersWithArguments(one)) {
      for (let index = 0; index < 6; index++)
        for (const bound of bounds) {
          const list = args();
          list[index] = bound;
          yield { arch, nr, args: list };
        }
      for (let count = 0; count < 200; count++) yield { arch, nr, args: args() };
    }
  }
}
