// The library as a user imports it: the built bundle, not the sources.
import { existsSync } from 'node:fs';
import t from 'tap';
import type * as Library from '../../src/node/index.ts';
import { makeBundle, missing } from './bundle.ts';

const built = new URL('../../dist/index.mjs', import.meta.url).pathname;
const skip = missing() || (!existsSync(built) && 'dist/index.mjs is not built');

t.test('validate tells each problem with its place', { skip }, async (t) => {
  const { validate } = (await import(built)) as typeof Library;
  const problems = validate({
    ociVersion: '1.3.0',
    root: { path: 'rootfs' },
    process: { args: ['x'], cwd: 'relative' },
  });
  t.strictSame(
    problems.map(({ pointer }) => pointer),
    ['/process/cwd'],
  );
});

t.test('plan says what would be done, and does nothing', { skip }, async (t) => {
  const { plan, explain, Failure } = (await import(built)) as typeof Library;
  const before = process.cwd();
  t.teardown(() => process.chdir(before));
  const seen = plan(makeBundle(t), 'library');
  t.equal(seen.steps.at(-1)?.run.step, 'execve');
  t.match(explain(seen), /mount type=proc source=proc target=\/proc .*\(\/mounts\/0\)/);
  // tap takes a class for one of errors by its source text alone
  try {
    plan('/', 'library');
    t.fail('there is no bundle');
  } catch (error) {
    t.ok(error instanceof Failure, String(error));
  }
});
