/**
 * Is the mitigation of this row of docs/security.md switched off? Tests of attacks have to fail then, or they would not test anything.
 * The build writes `false` in place of every call (build/bundle.mjs), and nothing of this is in what is released; only
 * build/weakened.sh leaves the calls, and the host that it bundles says which row it is.
 */
export function weakened(row: string): boolean {
  return (globalThis as { weakenedRow?: string }).weakenedRow === row;
}
