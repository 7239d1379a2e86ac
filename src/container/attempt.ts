import { describeNativeError, isNativeError } from '../native/failure.ts';
import type { Report } from './report.ts';

/** Does what must not stop the rest: a failure is reported as a warning, after `what` when that is not clear from it. */
export function attempt(report: Report, action: () => void, what = ''): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const cause = isNativeError(error) ? describeNativeError(error) : error.message;
    report.warning(what === '' ? cause : `${what}: ${cause}`);
  }
}
