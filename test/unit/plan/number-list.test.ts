import t from 'tap';
import { parseNumberList } from '../../../src/plan/number-list.ts';

t.test('lists of numbers', async (t) => {
  t.strictSame(parseNumberList('0-3,7', 10), [0, 1, 2, 3, 7]);
  t.strictSame(parseNumberList(' 7 ,, 1-2,2', 10), [1, 2, 7], 'ascending, each once');
  t.strictSame(parseNumberList('', 10), []);
  t.strictSame(parseNumberList('10', 10), [10]);
});

t.test('what is none', async (t) => {
  for (const text of ['a', '-1', '1-', '3-1', '1 2', '11', '0-11', '1-2-3', '0x1', '99999999999']) {
    t.equal(parseNumberList(text, 10), undefined, text);
  }
});
