import type { Native } from '../native/contract.ts';
import type { Report } from './report.ts';

/** Runs one phase of a command and returns its result. */
export type Phase = <T>(name: string, work: () => T) => T;

/** With --debug every phase logs how long it took, and with --trace it is recorded; without, the clock is not read. */
export function phases(native: Native, report: Report): Phase {
  const { debugging, tracer } = report;
  if (!debugging && tracer === undefined) return (_name, work) => work();
  return (name, work) => {
    const start = native.monotonic();
    try {
      return work();
    } finally {
      const end = native.monotonic();
      tracer?.phase(name, start, end);
      report.debug(`phase ${name}: ${(Number(end - start) / 1e6).toFixed(3)} ms`);
    }
  };
}
