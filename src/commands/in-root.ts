import { Failure } from '../native/failure.ts';

/**
 * Does something with a container for a person: when there is none, they are told in which root, for engines have roots of their own.
 * What engines call says it in runc's words alone.
 */
export function inRoot<T>(root: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'NOT_FOUND') throw error;
    throw new Failure(`${error.message} in ${root}: --root names another place`, '', { code: 'NOT_FOUND' });
  }
}
