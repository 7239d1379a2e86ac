/** See failures.mjs. */
export interface Failure {
  readonly name: string;
  readonly where: 'anywhere' | 'guest';
}
export const failures: readonly Failure[];
