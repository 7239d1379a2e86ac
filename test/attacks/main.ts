// The script of .build/weakened/noci: noci without the mitigation that NOCI_WEAKENED names.
import { main as releasedMain } from '../../src/main.ts';
import type { Native } from '../../src/native/contract.ts';

export function main(native: Native): number {
  (globalThis as { weakenedRow?: string | undefined }).weakenedRow = native.getenv('NOCI_WEAKENED');
  return releasedMain(native);
}
