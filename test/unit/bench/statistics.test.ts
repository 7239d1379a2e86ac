import t from 'tap';
import { fitLine, median, shuffle } from '../../../bench/statistics.ts';

t.test('the median is in the middle and leaves its input alone', async (t) => {
  const values = [9, 1, 5];
  t.equal(median(values), 5);
  t.strictSame(values, [9, 1, 5]);
  t.equal(median([4, 1, 3, 2]), 2.5);
  t.equal(median([10, 9, 100]), 10, 'numbers, not texts');
  t.ok(Number.isNaN(median([])));
});

t.test('a line is found again, and the best one between scattered points', async (t) => {
  t.strictSame(
    fitLine([
      [0, 3],
      [10, 5],
      [20, 7],
    ]),
    { slope: 0.2, start: 3 },
  );
  t.strictSame(
    fitLine([
      [0, 1],
      [0, 3],
      [2, 2],
      [2, 6],
    ]),
    { slope: 1, start: 2 },
  );
  t.equal(fitLine([[1, 1]]), undefined, 'one point has no line');
  t.equal(
    fitLine([
      [1, 1],
      [1, 2],
    ]),
    undefined,
    'neither have two above each other',
  );
});

t.test('shuffling keeps every item and can make every order', async (t) => {
  const orders = new Set<string>();
  for (let attempt = 0; attempt < 500; attempt++) orders.add(shuffle(['a', 'b', 'c']).join(''));
  t.strictSame([...orders].sort(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  t.strictSame(
    shuffle([1, 2, 3], () => 0),
    [2, 3, 1],
  );
});
