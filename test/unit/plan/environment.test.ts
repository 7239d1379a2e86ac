import t from 'tap';
import { withoutDuplicates } from '../../../src/plan/environment.ts';
import { steps } from '../../fakes/plan.ts';

t.test('the last of a name wins, the order is kept', async (t) => {
  t.strictSame(withoutDuplicates(['A=1', 'B=1', 'A=2', 'C=1', 'B=']), ['A=2', 'C=1', 'B=']);
  t.strictSame(withoutDuplicates(['A=x=y', 'A=z=']), ['A=z=']);
  t.strictSame(withoutDuplicates(['constructor=1', '__proto__=2']), ['constructor=1', '__proto__=2']);
});

t.test('process.env', async (t) => {
  const process = { env: ['A=1', 'A=2'], user: { uid: 3, gid: 0 } };
  t.strictSame(steps('environment', { process }), [
    { step: 'environment', entries: ['A=2'], uid: 3, pointer: '/process/env' },
  ]);
  t.match(steps('environment'), [{ entries: [], uid: 0 }]);
});

t.test('LISTEN_FDS is ours to say', async (t) => {
  const changes = {
    process: { env: ['LISTEN_FDS=9', 'LISTEN_PID=5', 'B='] },
    options: { listenFds: 2, listenFdNames: 'a:b' },
  };
  t.match(steps('environment', changes), [{ entries: ['B=', 'LISTEN_FDS=2', 'LISTEN_PID=1', 'LISTEN_FDNAMES=a:b'] }]);
});
