// Counts what tests say in the Test Anything Protocol, and shows a person the part of it that matters.

/** A line a file, what failed, what was skipped, what was measured. */
function isWorthShowing(line) {
  return /^(not )?ok /.test(line) || /^\s*not ok/.test(line) || /# (SKIP|measured: )/.test(line);
}

/** The sum of all tallies. */
export const total = { pass: 0, fail: 0, skip: 0 };

export class Tally {
  pass = 0;
  fail = 0;
  skip = 0;
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
    for (const [key, number] of Object.entries(counted)) {
      this[key] += number;
      total[key] += number;
    }
    this.#lines = [];
    this.#details = 0;
  }
}
