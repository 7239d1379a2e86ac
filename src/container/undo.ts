import { attempt } from './attempt.ts';
import type { Report } from './report.ts';

/** How to take back what has been made so far. Every resource adds its own line where it is made. */
export interface Undo {
  add(what: string, action: () => void): void;
  /** Done after all the others, whenever it is added. */
  addLast(what: string, action: () => void): void;
  /** From here on all of it stays. */
  release(): void;
  /** Takes everything back, the latest first. One that fails is reported and does not keep the others from being undone. */
  run(report: Report): void;
}

export function createUndo(): Undo {
  let actions: { readonly what: string; readonly action: () => void }[] = [];
  return {
    add: (what, action) => {
      actions.push({ what, action });
    },
    addLast: (what, action) => {
      actions.unshift({ what, action });
    },
    release: () => {
      actions = [];
    },
    run: (report) => {
      for (let entry = actions.pop(); entry !== undefined; entry = actions.pop()) {
        attempt(report, entry.action, entry.what);
      }
    },
  };
}
