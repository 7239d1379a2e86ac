// What one program of the suite said, in the Test Anything Protocol, and what that comes to.

/** A test point: "ok 3 - text", "not ok 4 - text # TODO". Points of runtimetest are passed on, so that numbers repeat. */
const point = /^\s*(not )?ok\b(?: \d+)?(?: - )?(.*)$/;

/**
 * @typedef {object} Verdict
 * @property {boolean} passed
 * @property {number} tests     how many points were told
 * @property {string[]} failed  the texts of those that failed, or what else was wrong; each once
 */

/**
 * @param {string} output   what it wrote on stdout
 * @param {number | null} status   its exit status; null when it was ended for the time it took
 * @param {boolean} silent   it says nothing when all is well
 * @returns {Verdict}
 */
export function verdictOf(output, status, silent) {
  const lines = output.split('\n').map((line) => line.trimEnd());
  const points = lines.flatMap((line) => point.exec(line) ?? []).length / 3;
  const failed = lines.flatMap((line) => failureIn(line) ?? []);
  if (points === 0) failed.push(...lines.flatMap((line) => errorIn(line) ?? []));
  const planned = lines.flatMap((line) => /^1\.\.(\d+)$/.exec(line)?.[1] ?? []).reduce((sum, n) => sum + Number(n), 0);
  if (points < planned) failed.push(`${planned - points} of ${planned} planned tests were not run`);
  if (points > planned) failed.push('it ended before it had told how many tests there were');
  if (points === 0 && !silent && !lines.includes('1..0')) failed.push('no test was told');
  if (status === null) failed.push('it took more than its time');
  else if (status !== 0) failed.push(`exit status ${status}`);
  return { passed: failed.length === 0, tests: points, failed: [...new Set(failed)] };
}

function failureIn(line) {
  const [, not, text] = point.exec(line) ?? [];
  return not === undefined || /# TODO\b/.test(text) ? undefined : text;
}

/** The programs about hooks have no points: they plan none and tell an error as the details of nothing. */
function errorIn(line) {
  if (!/^ {2}\{"/.test(line)) return undefined;
  const { error, stderr } = JSON.parse(line);
  return error === undefined ? undefined : [error, stderr].filter(Boolean).join(': ').trim();
}
