import t from 'tap';
import { annotationProperties } from '../../../../src/cgroup/systemd/annotations.ts';
import { parseGvariant, parseSeconds } from '../../../../src/cgroup/systemd/gvariant.ts';

const at = (pointer: string) => ({ pointer }) as unknown as Error;

t.test('values of each type', async (t) => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['true', 'b', true],
    ['false', 'b', false],
    ['1', 'b', undefined],
    ['15', 'i', 15n],
    ['int32 -15', 'i', -15n],
    ['uint64 15', 'i', undefined],
    ['2147483648', 'i', undefined],
    ['-1', 'u', undefined],
    ['uint64 18446744073709551615', 't', 18446744073709551615n],
    ['18446744073709551616', 't', undefined],
    ['0x10', 't', 16n],
    ["'a b'", 's', 'a b'],
    ['"it\\"s"', 's', 'it"s'],
    ["'a", 's', undefined],
    ["'a' 'b'", 's', undefined],
    ["'\\n'", 's', undefined],
    ['a', 's', undefined],
    ['[\'a\', "b"]', 'as', ['a', 'b']],
    ['@as []', 'as', []],
    ['[]', 'as', undefined],
    ["['a',]", 'as', undefined],
    ["['a'] x", 'as', undefined],
    ["['a'", 'as', undefined],
    ['<1>', 'v', undefined],
    ['', 's', undefined],
  ];
  for (const [text, signature, value] of cases)
    t.strictSame(parseGvariant(text, signature), value, `${signature} ${text}`);
});

t.test('seconds', async (t) => {
  t.equal(parseSeconds('10'), 10_000_000n);
  t.equal(parseSeconds('uint64 2'), 2_000_000n);
  t.equal(parseSeconds('2.5'), 2_500_000n);
  for (const wrong of ['', '-1', '1e9', '.5', "'1'", 'infinity', '99999999999999'])
    t.equal(parseSeconds(wrong), undefined, wrong);
});

t.test('annotations', async (t) => {
  t.strictSame(annotationProperties({ 'org.systemd.property.TimeoutStopSec': '1.5', other: 'x' }), [
    {
      name: 'TimeoutStopUSec',
      signature: 't',
      value: 1_500_000n,
      pointer: '/annotations/org.systemd.property.TimeoutStopSec',
    },
  ]);
  const refused = [
    ['ExecStart', "'/bin/sh'"],
    ['ExecStopPost', '[]'],
    ['Wants', "['x.service']"],
    ['MemoryMax', 'uint64 1'],
    ['Delegate', 'false'],
    ['PIDs', '[1]'],
    ['__proto__', '1'],
    ['constructor', '1'],
    ['TimeoutStopUSec', 'true'],
    ['KillMode', 'uint64 1'],
    ['After', `['${'a'.repeat(1 << 20)}']`],
    ['After/../x', "['a']"],
    ['', "'a'"],
  ] as const;
  for (const [name, text] of refused) {
    const pointer = `/annotations/org.systemd.property.${name.replaceAll('/', '~1')}`;
    t.throws(() => annotationProperties({ [`org.systemd.property.${name}`]: text }), at(pointer), name);
  }
});
