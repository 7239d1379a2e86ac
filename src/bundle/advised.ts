import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';

type Advice = typeof import('./advice/advice.ts');

/** What the advice says, '' for nothing. That it cannot be had is no reason to lose what it is about. */
export function advice(native: Native, ask: (advice: Advice) => string): string {
  try {
    return ask(native.cold('advice') as Advice);
  } catch (error) {
    if (error instanceof Error) return '';
    throw error;
  }
}

/** The same failure, with its cause and cure behind the text that callers match on. */
export function advised(native: Native, failure: Failure, ask: (advice: Advice) => string): Failure {
  const text = advice(native, ask);
  if (text === '') return failure;
  const { message, pointer, document, cause } = failure;
  return new Failure(`${message}; ${text}`, pointer, { document, ...(cause === undefined ? {} : { cause }) });
}
