/** An error is what `create` refuses, or ignores where the specification does not allow it; a warning what it takes. */
export type Severity = 'error' | 'warning';

/** What is wrong with one place of a config, or what somebody may regret. */
export interface Finding {
  readonly severity: Severity;
  /** a name that stays the same, for who sorts or silences: 'invalid', 'unknown-property', 'no-seccomp' … */
  readonly rule: string;
  /** RFC 6901, '' for the document */
  readonly pointer: string;
  /** one sentence without full stop; for an error the text that `create` says */
  readonly message: string;
  /** it is about the name of the property, and not about its value */
  readonly aboutName?: boolean;
}

/** A {@link Finding} with its place in the file. */
export interface Remark extends Omit<Finding, 'aboutName'> {
  /** both from 1; columns count characters */
  readonly line: number;
  readonly column: number;
  /** characters that it is about, on that line; at least 1 */
  readonly length: number;
  /** the beginning of what stands there, as it is written; '' for what is missing */
  readonly found: string;
  /** the words to choose from, where they are few; else empty */
  readonly allowed: readonly string[];
  /** the word that was probably meant, '' for none */
  readonly suggestion: string;
}

/** The line of the file that a remark is about. */
export interface SourceLine {
  readonly number: number;
  readonly text: string;
}
