import t from 'tap';
import { byteLength, isAbsolute, isWithin } from '../../../src/bundle/path-text.ts';

t.test('a name is not below another that it begins with', async (t) => {
  t.equal(isWithin('/proc', '/proc'), true);
  t.equal(isWithin('/proc', '/proc/1'), true);
  t.equal(isWithin('/proc', '/process'), false);
  t.equal(isWithin('/', '/x'), true);
});

t.test('absolute', async (t) => {
  t.equal(isAbsolute('/'), true);
  t.equal(isAbsolute('a/b'), false);
  t.equal(isAbsolute(''), false);
});

t.test('bytes as the kernel counts them', async (t) => {
  for (const text of ['', 'abc', 'é', '€', '😀', 'a😀é']) t.equal(byteLength(text), Buffer.byteLength(text), text);
  t.equal(byteLength('a\udcff'), 2, 'a byte that does not decode');
});
