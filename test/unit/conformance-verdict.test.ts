// What the words of a program of the validation suite come to (test/conformance/verdict.mjs).
import t from 'tap';

// @ts-expect-error: it has no types
const { verdictOf } = await import('../conformance/verdict.mjs');

const lines = (...all: string[]) => `${['TAP version 13', ...all].join('\n')}\n`;

t.test('passes', async (t) => {
  for (const [name, output, silent] of [
    ['points', lines('ok 1 - a', '  ---', '  {"error":"as it should be"}', '  ...', 'ok 2 # SKIP why', '1..2')],
    ['what is known to fail', lines('not ok 1 - a # TODO', '1..1')],
    ['those of the checker and its own', lines('ok 1 - a', 'ok 2 - b', '1..2', 'ok 1 - c', '1..1')],
    ['hooks that tell no error', lines('1..0')],
    ['silence where that is success', '', true],
  ] as const)
    t.match(verdictOf(output, 0, silent === true), { passed: true }, name);
});

t.test('fails', async (t) => {
  for (const [name, output, status, failed] of [
    ['a point', lines('ok 1 - a', 'not ok 2 - b', 'not ok 2 - b', '1..3'), 0, ['b']],
    ['its exit', lines('ok 1 - a', '1..1'), 1, ['exit status 1']],
    ['its time', lines('ok 1 - a', '1..1'), null, ['it took more than its time']],
    ['silence', '', 0, ['no test was told']],
    ['less than it planned', lines('1..2', 'ok 1 - a'), 0, ['1 of 2 planned tests were not run']],
    ['an end before the plan', lines('ok 1 - a'), 0, ['it ended before it had told how many tests there were']],
    ['an error of hooks', lines('  ---', '  {"error":"late","stderr":"why"}', '  ...', '1..0'), 0, ['late: why']],
  ] as const)
    t.match(verdictOf(output, status, false), { passed: false, failed }, name);
});
