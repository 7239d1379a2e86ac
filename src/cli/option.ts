/**
 * What an option is. A table of options is the only place that says which names a command takes; the parser, the types of the
 * parsed values, the help text and the completion all come from it. Descriptions are in help-text.ts, because create, start and
 * kill have no use for them and should not load them.
 */

/** `default` absent: the value is undefined when the option is not given (where that differs from any value). */
export type Option =
  | { readonly kind: 'boolean'; readonly default?: boolean; readonly short?: string; readonly hidden?: true }
  | { readonly kind: 'string'; readonly default?: string; readonly short?: string; readonly hidden?: true }
  | { readonly kind: 'integer'; readonly default?: number; readonly short?: string; readonly hidden?: true }
  /** repeatable; a comma does not separate */
  | { readonly kind: 'strings'; readonly short?: string; readonly hidden?: true };

/** Long name → option. */
export type OptionTable = { readonly [name: string]: Option };

type Given<O extends Option> = O extends { kind: 'boolean' }
  ? boolean
  : O extends { kind: 'integer' }
    ? number
    : O extends { kind: 'string' }
      ? string
      : readonly string[];

/** The value of one option after parsing. */
export type OptionValue<O extends Option> = O extends { kind: 'strings' }
  ? readonly string[]
  : O extends { default: unknown }
    ? Given<O>
    : Given<O> | undefined;

/** The values of a whole table after parsing, by long name: `options['pid-file']`. */
export type OptionValues<T extends OptionTable> = { readonly [N in keyof T]: OptionValue<T[N]> };

/** The grammar of one command. */
export interface Grammar {
  readonly options: OptionTable;
  /** How many words that are no options it takes; `maximum` is Infinity where the rest belongs to another program. */
  readonly positionals: { readonly minimum: number; readonly maximum: number };
  /** Everything after the first positional is a positional: `exec ID ls -l`, `kill ID -9`. */
  readonly stopAtPositional?: true;
  /** false: known, and refused in this version. */
  readonly available?: false;
}
