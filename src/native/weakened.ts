/**
 * Is the mitigation of this row of docs/security.md switched off? Tests of attacks have to fail then, or they would not test anything.
 * It is asked in statements with the label WEAKENED only: the build leaves these out (build/bundle.mjs), so that nothing of it is in
 * what is released. build/weakened.sh keeps them, and the host that it bundles says which row it is.
 */
export function weakened(row: string): boolean {
  return (globalThis as { weakenedRow?: string }).weakenedRow === row;
}
