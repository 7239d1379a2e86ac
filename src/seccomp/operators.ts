import type { LinuxSeccompOperator } from '../oci/types.ts';

/**
 * `linux.seccomp.syscalls[].args[].op` → the test that is made, and whether its answer is the condition or its contrary: classic BPF
 * has only these. `order` is libseccomp's: of the rules for a call those with the greatest come first.
 */
export const OPERATORS: Readonly<
  Record<LinuxSeccompOperator, { readonly test: 'eq' | 'gt' | 'ge'; readonly negated: boolean; readonly order: number }>
> = {
  SCMP_CMP_EQ: { test: 'eq', negated: false, order: 3 },
  SCMP_CMP_GE: { test: 'ge', negated: false, order: 1 },
  SCMP_CMP_GT: { test: 'gt', negated: false, order: 1 },
  SCMP_CMP_LE: { test: 'gt', negated: true, order: 2 },
  SCMP_CMP_LT: { test: 'ge', negated: true, order: 2 },
  SCMP_CMP_MASKED_EQ: { test: 'eq', negated: false, order: 3 },
  SCMP_CMP_NE: { test: 'eq', negated: true, order: 3 },
};

/** System calls have at most six arguments. */
export const ARGUMENTS = 6;
