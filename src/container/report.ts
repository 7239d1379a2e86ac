/** Where the work on a container says what is not its result; the log of the command line is one. */
export interface Report {
  readonly debugging: boolean;
  debug(message: string): void;
  warning(message: string): void;
}
