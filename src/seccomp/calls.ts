import type { Arch } from '../oci/types.ts';
import { ARCHITECTURES, X32_BIT } from './architectures.ts';
import { numberOf, openNumbers } from './numbers.ts';
import { syscallNames } from './syscall-table.ts';

/** A system call as the kernel tells it, with the name that profiles have for it; '' for a number that has none. */
export interface NamedCall {
  readonly arch: Arch;
  readonly name: string;
}

/** The call of a number. `audit` is AUDIT_ARCH_*; undefined for one that no profile has a name for. */
export function callName(audit: number, number: number): NamedCall | undefined {
  const arch = (Object.keys(ARCHITECTURES) as Arch[]).find((name) => isOf(name, audit, number));
  if (arch === undefined) return undefined;
  const { base } = ARCHITECTURES[arch];
  const index = openNumbers()
    .of(ARCHITECTURES[arch])
    .indexOf(number - base);
  return { arch, name: index === -1 ? '' : (syscallNames.split(' ')[index] as string) };
}

/** x86-64 and x32 are one to the kernel. */
function isOf(arch: Arch, audit: number, number: number): boolean {
  const own = ARCHITECTURES[arch];
  return own.audit === audit && (own.table !== 'x86_64' || number < X32_BIT);
}

/** The number of a call by its name; undefined where the architecture has no such call, or nobody has. */
export function findCall(arch: Arch, name: string): number | undefined {
  return numberOf(openNumbers(), ARCHITECTURES[arch], name);
}
