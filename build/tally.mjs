// Counts what tests say in the Test Anything Protocol, and shows a person the part of it that matters.

/** A line a file, what failed, what was skipped, what was measured. */
function isWorthShowing(line) {
  return /^(not )?ok /.test(line) || /^\s*not ok/.test(line) || /# (SKIP|measured: )/.test(line);
}

/** The sum of what counts. */
export const total = { pass: 0, fail: 0, skip: 0 };

/** Files that failed and then passed. */
export const unsteady = [];
/** With more than so many in a run something is wrong. */
const coincidences = 3;

/**
 * Runs files, and those that fail once more, alone: many tests here are about time, and a machine can be busy. What then passes is
 * told by name at the end, for it is a defect of the test or of the program. `run(files, tally)` runs them.
 */
export async function countTests(files, run, show = console.log) {
  const tally = new Tally(show);
  await run(files, tally);
  const { failed } = tally;
  if (failed.length > 0 && unsteady.length + failed.length <= coincidences) {
    show(`# once more: ${failed.join(' ')}`);
    const again = new Tally(show);
    await run(failed, again);
    if (again.fail === 0) {
      unsteady.push(...failed);
      tally.fail = 0;
    }
  }
  count(tally);
}

export function count(tally) {
  for (const key of Object.keys(total)) total[key] += tally[key];
}

/** The last line, and the exit status. */
export function report() {
  for (const file of unsteady) console.log(`# unsteady: ${file} failed, and passed when it ran again`);
  console.log(`${total.pass} passed, ${total.fail} failed, ${total.skip} skipped`);
  process.exitCode = total.fail === 0 ? 0 : 1;
}

export class Tally {
  pass = 0;
  fail = 0;
  skip = 0;
  /** files that failed */
  failed = [];
  #show;
  #lines = [];
  #details = 0;

  /** `show` gets the lines that matter */
  constructor(show = console.log) {
    this.#show = show;
  }

  take(line) {
    this.#lines.push(line);
    if (this.#lines.length > 8) this.#lines.shift();
    const file = /^not ok \d+ - (test\/[\w./-]+\.test\.ts)/.exec(line)?.[1];
    if (file !== undefined) this.failed.push(file);
    // what follows a failure says why
    if (/^\s*not ok/.test(line)) this.#details = 30;
    if (isWorthShowing(line) || this.#details-- > 0) this.#show(line);
  }

  /**
   * Counts what ends with these lines, by the summary of the outermost test: "# { total: 12, pass: 10, fail: 1, skip: 1 }", on one
   * line or several. What ended badly and counted no failure, or counted nothing, is one.
   */
  end(endedWell) {
    const summary = this.#lines.join(' ');
    const counted = { pass: 0, fail: 0, skip: 0 };
    for (const key of Object.keys(counted)) {
      counted[key] = Number(new RegExp(`\\b${key}: (\\d+)`).exec(summary)?.[1] ?? 0);
    }
    if (counted.fail === 0 && (!endedWell || !/\btotal: \d/.test(summary))) counted.fail = 1;
    for (const [key, number] of Object.entries(counted)) this[key] += number;
    this.#lines = [];
    this.#details = 0;
  }
}
