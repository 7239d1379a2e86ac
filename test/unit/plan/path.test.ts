import t from 'tap';
import { clean, name, parent, resolve } from '../../../src/plan/path.ts';

t.test('clean, as Go does it', async (t) => {
  const cases = {
    '': '.',
    '/': '/',
    '//a//b/': '/a/b',
    '/../a': '/a',
    'a/../..': '..',
    '../a/./b/..': '../a',
    '/a/..': '/',
  };
  for (const [path, expected] of Object.entries(cases)) t.equal(clean(path), expected, path);
});

t.test('resolve', async (t) => {
  t.equal(resolve('/b', 'x/../y'), '/b/y');
  t.equal(resolve('/b', ''), '/b');
  t.equal(resolve('/b', '/x/../y'), '/x/../y');
});

t.test('parent and name', async (t) => {
  t.equal(parent('/a/b'), '/a');
  t.equal(parent('/a'), '/');
  t.equal(name('/a/b'), 'b');
});
