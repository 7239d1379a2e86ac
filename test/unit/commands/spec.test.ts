import t from 'tap';
import type { Invocation } from '../../../src/cli/command.ts';
import { command } from '../../../src/commands/spec.ts';
import { type FakeOptions, fakeHost } from '../../fakes/native.ts';

function spec(options: { bundle?: string; rootless?: boolean }, host = fakeHost({ euid: 7 })) {
  const invocation = { options: { bundle: '', rootless: false, ...options } } as Invocation<'spec'>;
  return { status: command(host.native, invocation), host };
}

t.test('writes config.json, tabs and no last newline, printing nothing', async (t) => {
  const { status, host } = spec({});
  t.equal(status, 0);
  // O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
  t.same(host.calls, ['open config.json 0x800c1 0666']);
  t.match(host.files.get('config.json'), /^\{\n\t"ociVersion": "1\.3\.0",\n\t"process": \{\n[\s\S]*\n\}$/);
  t.equal(host.written(1) + host.written(2), '');
});

t.test('--bundle and --rootless', async (t) => {
  const { host } = spec({ bundle: '/b', rootless: true });
  t.same([...host.files.keys()], ['/b/config.json']);
  t.match(JSON.parse(host.files.get('/b/config.json') as string).linux.uidMappings, [{ hostID: 7 }]);
});

t.test('a cgroup namespace where cgroup v2 is alone', async (t) => {
  const host = fakeHost({ functions: { statfs: () => 0x63677270 } });
  t.match(spec({}, host).host.files.get('config.json'), /"type": "cgroup"\n\t\t\t\}\n/);
});

t.test('never overwrites', async (t) => {
  const { host } = spec({});
  const before = host.files.get('config.json');
  t.throws(() => spec({ rootless: true }, host), { message: 'File config.json exists. Remove it first' });
  t.equal(host.files.get('config.json'), before);
});

t.test('a directory that cannot be written to', async (t) => {
  const openErrors: FakeOptions['openErrors'] = { '/no/config.json': 'ENOENT', '/mine/config.json': 'EACCES' };
  t.throws(() => spec({ bundle: '/no' }, fakeHost({ openErrors: openErrors ?? {} })), {
    code: 'ENOENT',
    path: '/no/config.json',
  });
  t.throws(() => spec({ bundle: '/mine' }, fakeHost({ openErrors: openErrors ?? {} })), { code: 'EACCES' });
});
