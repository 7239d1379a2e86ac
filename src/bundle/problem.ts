import { Failure } from '../native/failure.ts';
import type { Problem } from '../oci/schema.ts';
import type { Config } from '../oci/types.ts';
import { pointer } from '../plan/pointer.ts';

export type { Problem };

/**
 * A check of what a schema cannot say. It looks at one noun of config.json, reads nothing else and changes nothing.
 * Properties that the schema requires may be absent all the same: all problems of a config are told together.
 */
export type Check = (config: Config) => Problem[];

/** A problem at `pointer`. `message` is runc's text where runc has one, since callers match on it. */
export function problem(pointer: string, message: string): Problem {
  return { pointer, message };
}

/** A place in config.json: a pointer, or its members, which cost less as long as nothing is wrong. */
export type Place = string | readonly (string | number)[];

/** A problem when `wrong`, else none: for lists of rules. */
export function problemIf(wrong: boolean, place: Place, message: string): Problem[] {
  return wrong ? [problem(typeof place === 'string' ? place : pointer(...place), message)] : [];
}

function withPlace({ pointer, message }: Problem): string {
  return pointer === '' ? message : `${message} (${pointer})`;
}

/**
 * One sentence for all problems, on one line, since the log has one record for an error: "invalid config: args must not be empty
 * (/process/args); …". A single one keeps its pointer as a field.
 *
 * @param prefix what all of them are, e.g. 'invalid config: '
 */
export function failureOf(problems: readonly [Problem, ...Problem[]], prefix = ''): Failure {
  const [first] = problems;
  if (problems.length === 1) return new Failure(prefix + first.message, first.pointer, { code: 'INVALID' });
  return new Failure(prefix + problems.map(withPlace).join('; '), '', { code: 'INVALID' });
}

/** Throws {@link failureOf} unless there are no problems. */
export function refuse(problems: readonly Problem[], prefix = ''): void {
  const [first, ...rest] = problems;
  if (first !== undefined) throw failureOf([first, ...rest], prefix);
}
