import t from 'tap';
import { deviceWrites } from '../../../src/cgroup/device-rules.ts';

const always = [
  'c *:* m',
  'b *:* m',
  'c 1:3 rwm',
  'c 1:8 rwm',
  'c 1:7 rwm',
  'c 5:0 rwm',
  'c 1:5 rwm',
  'c 1:9 rwm',
  'c 136:* rwm',
  'c 5:2 rwm',
  'c 10:200 rwm',
].map((value) => ['devices.allow', value]);

function lines(...parameters: Parameters<typeof deviceWrites>): string[][] {
  return deviceWrites(...parameters).map(({ file, value }) => [file, value]);
}

t.test('without rules only the default devices are left', async (t) => {
  t.strictSame(lines([]), [['devices.deny', 'a'], ...always]);
});

t.test('a first rule for all is where the list starts', async (t) => {
  for (const type of [undefined, '', 'a'])
    t.strictSame(lines([{ allow: true, access: 'rwm', ...(type === undefined ? {} : { type }) }]), [
      ['devices.allow', 'a'],
      ...always,
    ]);
});

t.test('rules come in their order, absent and negative numbers are wildcards', async (t) => {
  const rules = [
    { allow: false, access: 'rwm' },
    { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
    { allow: false, type: 'b', access: 'm' },
    { allow: true, type: 'c', major: 1, minor: -1, access: 'r' },
  ];
  t.strictSame(lines(rules), [
    ['devices.deny', 'a'],
    ['devices.allow', 'c 10:229 rw'],
    ['devices.deny', 'b *:* m'],
    ['devices.allow', 'c 1:* r'],
    ...always,
  ]);
});

t.test('a write names its rule', async (t) => {
  const rules = deviceWrites([{ allow: true, type: 'c', major: 1, access: 'r' }]).map(({ rule }) => rule);
  t.strictSame(rules.slice(0, 3), [undefined, 0, undefined]);
});
