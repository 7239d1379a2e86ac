import t from 'tap';
import { Failure } from '../../../src/native/failure.ts';

class Special extends Failure {}

t.test('a failure of another module is one, and of no subclass', async (t) => {
  const copy: string = '../../../src/native/failure.ts?other';
  const { Failure: Other } = await import(copy);
  t.not(Other, Failure);
  const foreign: unknown = new Other('x');
  t.ok(foreign instanceof Failure);
  t.notOk(foreign instanceof Special);
  t.notOk(new Failure('x') instanceof Special);
  t.ok(new Special('x') instanceof Special);
  t.ok(new Special('x') instanceof Failure);
  for (const value of [new Error('x'), { name: 'Failure' }, 'Failure', undefined]) t.notOk(value instanceof Failure);
});
