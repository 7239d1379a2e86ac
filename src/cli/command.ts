import type { Native } from '../native/contract.ts';
import type { Log } from './log.ts';
import type { CommandOptions, Verb } from './options.ts';

/** The global options after their checks. */
export interface GlobalOptions {
  readonly debug: boolean;
  /** The state root: absolute, clean, never "/". */
  readonly root: string;
  /** Whether --root named it: a missing root is then an error of `list`, otherwise an empty list. */
  readonly rootGiven: boolean;
  /** Whether a root that is made gets the sticky bit, for `createRoot`: it is in $XDG_RUNTIME_DIR. */
  readonly rootSticky: boolean;
  readonly systemdCgroup: boolean;
  /** Whether permission errors of cgroups are to be ignored; 'auto' leaves it to the host's facts (euid, user namespace). */
  readonly rootless: boolean | 'auto';
}

/** One call of one command, parsed and checked as far as the grammar goes. */
export interface Invocation<V extends Verb = Verb> {
  readonly verb: V;
  /** The last part of argv[0], for texts. */
  readonly program: string;
  /** Values by long name: `options['pid-file']`. A string that was not given is '' as in runc. */
  readonly options: CommandOptions<V>;
  /** The words that are no options; as many as the grammar allows (id first where there is one). */
  readonly positionals: readonly string[];
  readonly global: GlobalOptions;
  readonly log: Log;
}

/**
 * A command: does its work through `native` and returns the exit status. It prints results on stdout itself; a failure is thrown
 * (a Failure whose message is one line without the command's prefix, which `dispatch` adds) and becomes one record in the log.
 * Each file `commands/<verb>.ts` exports its own as `command`: `export const command: Command<'start'> = (native, invocation) => …`.
 */
export type Command<V extends Verb = Verb> = (native: Native, invocation: Invocation<V>) => number;
