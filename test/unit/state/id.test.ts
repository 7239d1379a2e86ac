import t from 'tap';
import { checkId } from '../../../src/state/id.ts';

t.test('names of runc are taken', async (t) => {
  for (const id of ['a', 'A-b_c+d.9', '.hidden', '-x', '...', 'x'.repeat(1024)]) t.doesNotThrow(() => checkId(id), id);
});

t.test('what could leave the root or confuse a caller is refused with the text of the contract', async (t) => {
  for (const id of ['.', '..', 'a/b', '/a', '../a', 'a\n', 'a b', 'ü', 'a\0', '%', 'x'.repeat(1025)]) {
    t.throws(() => checkId(id), { message: 'invalid container ID format' }, JSON.stringify(id));
  }
  t.throws(() => checkId(''), { message: 'container id cannot be empty' });
});
