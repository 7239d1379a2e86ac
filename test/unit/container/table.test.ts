import t from 'tap';
import { layOut } from '../../../src/container/table.ts';

t.test('columns are 12 wide or as wide as their widest cell and three', async (t) => {
  const text = layOut([
    ['ID', 'PID', 'OWNER'],
    ['a-name-of-ten', '1', 'root'],
    ['ü', '1234567890', '#1000'],
  ]);
  t.equal(
    text,
    'ID              PID          OWNER\n' +
      'a-name-of-ten   1            root\n' +
      'ü               1234567890   #1000\n',
  );
});

t.test('a header alone', async (t) => {
  t.equal(layOut([['ID', 'PID', 'STATUS']]), 'ID          PID         STATUS\n');
});
