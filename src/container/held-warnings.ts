import type { Report } from './report.ts';

/** A report that keeps its warnings until they are released. */
export interface HeldWarnings extends Report {
  release(): void;
}

/**
 * Warnings of a work that may still fail: podman reads the log as one JSON object and drops it when a warning stands before the
 * error, so that warnings are told only when the work is done. With --debug they are told at once.
 */
export function holdWarnings(report: Report): HeldWarnings {
  const held: string[] = [];
  return {
    debugging: report.debugging,
    tracer: report.tracer,
    debug: (message) => report.debug(message),
    warning: (message) => {
      if (report.debugging) report.warning(message);
      else held.push(message);
    },
    release: () => {
      for (const message of held.splice(0)) report.warning(message);
    },
  };
}
