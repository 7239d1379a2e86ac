import t from 'tap';
import { allowsEverything, deviceList, holeText } from '../../../src/cgroup/device-list.ts';
import { deviceRules } from '../../../src/cgroup/device-rules.ts';
import type { LinuxDeviceCgroup } from '../../../src/oci/types.ts';

const list = (...rules: LinuxDeviceCgroup[]) => deviceList(deviceRules(rules));
const all = (allow: boolean): LinuxDeviceCgroup => ({ allow, access: 'rwm' });

function exceptions(...rules: LinuxDeviceCgroup[]): string[] {
  return list(...rules).exceptions.map(
    ({ type, major, minor, access }) => `${type} ${major ?? '*'}:${minor ?? '*'} ${access}`,
  );
}

t.test('everything is denied to begin with, and a rule for all begins anew', async (t) => {
  t.equal(list().allow, false);
  t.equal(list().exceptions.length, 11, 'what every container may do');
  t.equal(list({ allow: true, type: 'b', major: 8, access: 'r' }, all(false)).exceptions.length, 11);
  t.strictSame(exceptions({ allow: true, type: 'b', major: 8, access: 'r' }, all(true)), []);
  t.strictSame(exceptions(all(true), { allow: true, type: 'a', major: 8, minor: 1, access: 'r' }), []);
});

t.test('all is allowed when the rules leave no exception', async (t) => {
  const disk = { type: 'b', major: 8, minor: 0, access: 'rw' };
  t.equal(allowsEverything(list(all(true))), true);
  t.equal(allowsEverything(list(all(true), { allow: false, ...disk })), false);
  t.equal(allowsEverything(list(all(true), { allow: false, ...disk }, { allow: true, ...disk })), true);
  t.equal(allowsEverything(list()), false);
});

t.test('rights are added to and taken from the exception with the same numbers', async (t) => {
  const disk = { type: 'b', major: 8, minor: 0 };
  t.strictSame(exceptions(all(true), { allow: false, ...disk, access: 'r' }, { allow: false, ...disk, access: 'w' }), [
    'b 8:0 6',
  ]);
  t.strictSame(exceptions(all(true), { allow: false, ...disk, access: 'rw' }, { allow: true, ...disk, access: 'r' }), [
    'b 8:0 4',
  ]);
  t.strictSame(list(all(true), { allow: true, ...disk, access: 'r' }).exceptions, [], 'there is nothing to take');
});

t.test('a hole is noticed for each wildcard that it is in', async (t) => {
  const hole = (...rules: LinuxDeviceCgroup[]) => list(...rules).holes.map(holeText);
  const text = (rule: string, wildcard: string) =>
    `requested rule [${rule}] not supported by devices cgroupv1 (cannot punch hole in existing wildcard rule [${wildcard}])`;
  const allowed = { allow: true, type: 'b', major: 8, access: 'rw' };
  t.strictSame(hole(allowed, { allow: false, type: 'b', major: 8, minor: 3, access: 'rw' }), [
    text('b 8:3 rw', 'b 8:* rw'),
  ]);
  t.strictSame(hole({ allow: true, type: 'b', minor: 3, access: 'r' }, { ...allowed, allow: false, minor: 3 }), [
    text('b 8:3 rw', 'b *:3 r'),
  ]);
  t.strictSame(hole(all(true), { allow: false, type: 'c', major: 10, access: 'rwm' }), [
    text('c 10:200 rwm', 'c 10:* rwm'),
  ]);
  t.strictSame(hole(allowed, { ...allowed, allow: false }), [], 'the wildcard itself');
  t.strictSame(hole(allowed, { allow: false, type: 'b', major: 8, minor: 3, access: 'm' }).length, 0, 'other rights');
  t.strictSame(hole(allowed, { allow: false, type: 'c', major: 8, minor: 3, access: 'r' }), [], 'another type');
  t.strictSame(
    hole(allowed, { allow: false, type: 'b', major: 8, minor: 3, access: 'r' }, all(false)),
    [],
    'begun anew',
  );
});
