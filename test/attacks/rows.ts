// The attacks of docs/security.md: what tests each of them, by file and name of the test. Without the row's mitigation
// (addon/kernel/weakened.h, src/native/weakened.ts) that test has to fail.

/** One row of the table. */
export interface Row {
  /** the name of its switch */
  readonly row: string;
  readonly attack: string;
  /** below test/integration, without .test.ts */
  readonly file: string;
  /** of the test, and of the one in it when one is enough */
  readonly test: readonly string[];
}

const row = (name: string, attack: string, file: string, ...test: string[]): Row => ({ row: name, attack, file, test });

export const rows: readonly Row[] = [
  row(
    'S01',
    'the host’s binary is overwritten through /proc/self/exe (CVE-2019-5736)',
    'waiting-init',
    'the seals hold when nothing runs it any more',
  ),
];
