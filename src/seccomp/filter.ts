import type { Fd, Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import type { Arch, LinuxSeccomp } from '../oci/types.ts';
import type { SeccompAgent, SeccompFilter } from '../plan/plan.ts';
import { nativeArchitecture } from './architectures.ts';
import { cacheKey, keepProgram, loadProgram } from './cache.ts';
import { filterFlags } from './flags.ts';

type Compiler = typeof import('./module.ts');

/** A filter, and what is left to be done for the next container with the same profile. */
export interface MadeFilter extends SeccompFilter {
  /** keeps the program in the state root */
  readonly keep: ((root: Fd) => void) | undefined;
  /** names of the profile that are no system calls; not known of a program that was kept */
  readonly unknown: readonly string[];
}

/** A profile that asks for nothing: runc takes it for none. */
export function isEmptyProfile({ defaultAction, syscalls = [] }: Partial<LinuxSeccomp>): boolean {
  return (defaultAction ?? '') === '' && syscalls.length === 0;
}

/** Whether a call waits for the answer of an agent. */
export function asksAgent({ syscalls = [] }: LinuxSeccomp): boolean {
  return syscalls.some(({ action }) => action === 'SCMP_ACT_NOTIFY');
}

/**
 * The filter for a profile that has passed the checks, undefined when it asks for nothing. `root` is the state root, undefined while
 * there is none. Throws a Failure for what only the compiler finds: rules that contradict each other.
 */
export function makeFilter(native: Native, seccomp: LinuxSeccomp, root: Fd | undefined): MadeFilter | undefined {
  if (isEmptyProfile(seccomp)) return undefined;
  const architecture = architectureOf(native);
  const key = cacheKey(native, seccomp, architecture);
  const kept = root === undefined ? undefined : loadProgram(native, root, key);
  const agent = agentOf(seccomp);
  const rest = { flags: filterFlags(seccomp.flags, agent !== undefined), ...(agent === undefined ? {} : { agent }) };
  if (kept !== undefined) return { ...rest, program: kept, keep: undefined, unknown: [] };
  const { program, unknown } = compiled(native, seccomp, architecture);
  return { ...rest, program, unknown, keep: (where) => keepProgram(native, where, key, program) };
}

function architectureOf(native: Native): Arch {
  const { machine } = native.uname();
  const architecture = nativeArchitecture(machine);
  if (architecture !== undefined) return architecture;
  throw new Failure(`seccomp is not supported on a machine of the kind ${machine}`, '/linux/seccomp');
}

/** The compiler and its tables are read only here. Their module has classes of its own, so that it returns what is wrong. */
function compiled(native: Native, seccomp: LinuxSeccomp, architecture: Arch) {
  const result = (native.cold('seccomp') as Compiler).compile(seccomp, architecture);
  if ('problem' in result) throw new Failure(result.problem.message, result.problem.pointer);
  return result;
}

function agentOf(seccomp: LinuxSeccomp): SeccompAgent | undefined {
  if (!asksAgent(seccomp)) return undefined;
  return { path: seccomp.listenerPath ?? '', metadata: seccomp.listenerMetadata ?? '' };
}
