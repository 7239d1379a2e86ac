import t from 'tap';
import { directoryName, parseUnit, sliceNames } from '../../../../src/cgroup/systemd/unit.ts';

t.test('a dash in a slice is a level', async (t) => {
  t.strictSame(sliceNames('system.slice'), ['system.slice']);
  t.strictSame(sliceNames('a-b.slice'), ['a.slice', 'a-b.slice']);
  t.strictSame(sliceNames('kubepods-besteffort-pod1_2.slice'), [
    'kubepods.slice',
    'kubepods-besteffort.slice',
    'kubepods-besteffort-pod1_2.slice',
  ]);
  t.strictSame(sliceNames('-.slice'), []);
});

const refusal = (cgroupsPath: string): { message?: string; pointer?: string } => {
  try {
    return { message: JSON.stringify(parseUnit(cgroupsPath, 'id', 'system.slice')) };
  } catch (error) {
    return error as Error;
  }
};

t.test('wrong names are refused, with the pointer', async (t) => {
  const wrong = [
    'a:b',
    'a:b:c:d',
    '/a/b',
    'test--a.slice:p:n',
    '-test.slice:p:n',
    'test-.slice:p:n',
    '.slice:p:n',
    'system:p:n',
    'a/b.slice:p:n',
    '../x.slice:p:n',
    '..slice:p:n',
    'x.slice:p:../../n',
    'x.slice:p:a%n',
    'x.slice:p:a b',
    'x.slice:p:a\\b',
    'x.slice:p:a\\x2',
    'x.slice:p:a@b',
    'x.slice:p:ä',
    'x.slice:p:a\nb',
    'x.slice:p:a\0b',
    'x.slice:p:',
    'x.slice:p:foo.slice',
    `x.slice:p:${'n'.repeat(300)}`,
  ];
  for (const path of wrong) t.equal(refusal(path).pointer, '/linux/cgroupsPath', JSON.stringify(path));
  t.match(
    refusal('/a/b').message,
    /^expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "\/a\/b" instead; /,
  );
});

t.test('unit, slice and directories', async (t) => {
  t.strictSame(parseUnit('', 'id', 'system.slice'), {
    unit: 'runc-id.scope',
    name: 'id',
    slice: 'system.slice',
    names: ['system.slice', 'runc-id.scope'],
  });
  t.strictSame(parseUnit('a-b.slice:cri:x\\x2dy', 'id', 'system.slice').names, [
    'a.slice',
    'a-b.slice',
    'cri-x\\x2dy.scope',
  ]);
  t.strictSame(parseUnit('-.slice:p:n', 'id', 'user.slice').names, ['p-n.scope']);
  t.equal(parseUnit(':p:n', 'id', 'user.slice').slice, 'user.slice');
});

t.test('systemd escapes what could be a control file', async (t) => {
  t.equal(directoryName('cpu.x-a.scope'), '_cpu.x-a.scope');
  t.equal(directoryName('cgroup.a-b.scope'), '_cgroup.a-b.scope');
  t.equal(directoryName('_a-b.scope'), '__a-b.scope');
  t.equal(directoryName('cpu-b.scope'), 'cpu-b.scope');
});
