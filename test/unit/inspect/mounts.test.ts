import t from 'tap';
import { nanoseconds } from '../../../src/inspect/expected.ts';
import { expectedMounts } from '../../../src/inspect/mounts.ts';
import type { PlannedStep } from '../../../src/plan/plan.ts';

const mount = (target: string, attributes: number): PlannedStep => ({
  pointer: '/mounts/0',
  run: {
    step: 'mount',
    type: 'tmpfs',
    source: 'tmpfs',
    target,
    parameters: [],
    attributes,
    recursiveSet: 0,
    recursiveClear: 0,
    propagation: [],
    strict: 0,
    copyUp: 0,
    keepMode: 0,
  },
});

t.test('what a plan mounts, as it is at its end', async (t) => {
  const steps: PlannedStep[] = [
    mount('/a', 2),
    mount('/a', 4),
    { pointer: '', run: { step: 'mount_setattr', target: '/a', set: 1, clear: 0 } },
    { pointer: '', run: { step: 'remount', target: '/nowhere', set: 1, clear: 0, parameters: [] } },
    { pointer: '/linux/maskedPaths/0', run: { step: 'masked_path', path: '/proc//kcore/' } },
  ];
  t.match(expectedMounts(steps), [
    { target: '/a', set: 2 },
    { target: '/a', set: 5 },
    { target: '/proc/kcore', pointer: '/linux/maskedPaths/0', optional: true },
  ]);
});

t.test('the time of a record', async (t) => {
  t.equal(nanoseconds('1970-01-01T00:00:01Z'), 1_000_000_000n);
  t.equal(nanoseconds('1970-01-01T00:00:01.5Z'), 1_500_000_000n);
  t.equal(nanoseconds('1970-01-01T00:00:01.000000001Z'), 1_000_000_001n);
});
