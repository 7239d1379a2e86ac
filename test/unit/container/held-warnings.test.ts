import t from 'tap';
import { holdWarnings } from '../../../src/container/held-warnings.ts';

function recorder(debugging: boolean) {
  const said: string[] = [];
  return {
    said,
    report: {
      debugging,
      debug: (text: string) => void said.push(`debug ${text}`),
      warning: (text: string) => void said.push(text),
    },
  };
}

t.test('warnings wait until they are released, in their order, once', async (t) => {
  const { said, report } = recorder(false);
  const held = holdWarnings(report);
  held.warning('a');
  held.debug('x');
  held.warning('b');
  t.strictSame(said, ['debug x']);
  held.release();
  held.release();
  t.strictSame(said, ['debug x', 'a', 'b']);
});

t.test('with debugging they are told at once', async (t) => {
  const { said, report } = recorder(true);
  const held = holdWarnings(report);
  held.warning('a');
  t.strictSame([held.debugging, said], [true, ['a']]);
  held.release();
  t.equal(said.length, 1);
});
