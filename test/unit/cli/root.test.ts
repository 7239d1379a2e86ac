import t from 'tap';
import { clean, stateRoot } from '../../../src/cli/root.ts';
import type { Stat } from '../../../src/native/contract.ts';
import { type FakeOptions, fakeHost } from '../../fakes/native.ts';

const root = (option: string | undefined, options: FakeOptions = {}) => stateRoot(fakeHost(options).native, option);

/** A host whose /proc/self/ns/user has this inode. */
const namespace = (ino: bigint) => ({ functions: { stat: () => ({ ino }) as Stat } });
const initial = namespace(0xeffffffdn);
const other = namespace(0xf0000123n);
const missing = { functions: { stat: () => undefined } };

t.test('--root is made absolute and clean', async (t) => {
  t.same(root('/run/x'), { path: '/run/x', given: true, sticky: false });
  t.equal(root('/a/./b//c/../d/').path, '/a/b/d');
  t.equal(root('x/y', { cwd: '/w' }).path, '/w/x/y');
  t.equal(root('../y', { cwd: '/w/z' }).path, '/w/y');
  for (const option of ['/', '', '/..', '/a/..', '//', '.', '..']) {
    t.throws(() => root(option, { cwd: '/' }), { message: 'Option --root argument should not be set to /' }, option);
  }
  t.throws(() => root(''), { message: 'Option --root argument should not be set to /' });
});

t.test('the default, and when it is in $XDG_RUNTIME_DIR', async (t) => {
  const system = { path: '/run/noci', given: false, sticky: false };
  const own = { path: '/run/user/7/noci', given: false, sticky: true };
  const env = { XDG_RUNTIME_DIR: '/run/user/7' };
  t.same(root(undefined), system, 'root');
  t.same(root(undefined, { env, ...initial }), system, 'root in the initial namespace, as under sudo');
  t.same(root(undefined, { env, euid: 1000, ...initial }), own, 'another user');
  t.same(root(undefined, { euid: 1000 }), system, 'another user without the variable');
  t.same(root(undefined, { env: { XDG_RUNTIME_DIR: '' }, euid: 1000 }), system);
  t.same(root(undefined, { env, ...other }), own, 'root of a user namespace');
  t.same(root(undefined, { env: { ...env, USER: 'me' }, ...other }), own);
  t.same(root(undefined, { env: { ...env, USER: 'root' }, ...other }), system, 'logged in as root of it');
  t.same(root(undefined, { env, ...missing }), system, 'a kernel without user namespaces');
});

t.test('clean paths', async (t) => {
  for (const [path, expected] of [
    ['/', '/'],
    ['/..', '/'],
    ['/a/../../b', '/b'],
    ['/a//b/.', '/a/b'],
    ['/...', '/...'],
  ] as const) {
    t.equal(clean(path), expected, path);
  }
});
