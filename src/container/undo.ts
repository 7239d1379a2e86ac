import { attempt } from './attempt.ts';
import type { Report } from './report.ts';

/** How to take back what has been made so far. Every resource adds its own line where it is made. */
export interface Undo {
  /** `kept` is done instead when all of it stays. */
  add(what: string, action: () => void, kept?: () => void): void;
  /** Done after all the others, whenever it is added. */
  addLast(what: string, action: () => void): void;
  /** From here on all of it stays. */
  release(): void;
  /** Takes everything back, the latest first. One that fails is reported and does not keep the others from being undone. */
  run(report: Report): void;
}

export function createUndo(): Undo {
  let actions: { readonly what: string; readonly action: () => void; readonly kept?: (() => void) | undefined }[] = [];
  return {
    add: (what, action, kept) => {
      actions.push({ what, action, kept });
    },
    addLast: (what, action) => {
      actions.unshift({ what, action });
    },
    release: () => {
      for (const { kept } of actions) kept?.();
      actions = [];
    },
    run: (report) => {
      for (let entry = actions.pop(); entry !== undefined; entry = actions.pop()) {
        attempt(report, entry.action, entry.what);
      }
    },
  };
}
