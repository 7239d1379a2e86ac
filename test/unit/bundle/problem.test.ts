import t from 'tap';
import { failureOf, problem, refuse } from '../../../src/bundle/problem.ts';
import { Failure } from '../../../src/native/failure.ts';

t.test('one problem keeps its pointer as a field', async (t) => {
  const failure = failureOf([problem('/process/args', 'args must not be empty')], 'invalid config: ');
  t.ok(failure instanceof Failure);
  t.equal(failure.message, 'invalid config: args must not be empty');
  t.equal(failure.pointer, '/process/args');
});

t.test('several are told on one line, each with its pointer', async (t) => {
  const failure = failureOf([problem('/a', 'x'), problem('', 'y'), problem('/b', 'z')], 'invalid config: ');
  t.equal(failure.message, 'invalid config: x (/a); y; z (/b)');
  t.equal(failure.pointer, '');
});

t.test('without problems nothing is refused', async (t) => {
  refuse([]);
  t.throws(() => refuse([problem('/a', 'x')]), { message: 'x', pointer: '/a' });
});
