// noci seccomp explain, and seccomp record: what a bundle does becomes a profile by which it runs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import t, { type Test } from 'tap';
import { type Draft, missing } from './bundle.ts';
import { type Container, makeContainer, must } from './container.ts';

const timeout = 240_000;
const skip = missing();

const [major = 0, minor = 0] = release().split('.').map(Number);
const unrecordable =
  skip || ((major < 5 || (major === 5 && minor < 19)) && 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is of Linux 5.19');

const isPublished = new Ajv().compile(
  JSON.parse(readFileSync(new URL('../../schemas/noci/seccomp-explain.json', import.meta.url), 'utf8')),
);

function explain(container: Container, ...words: string[]): Draft {
  const { stdout } = must(container.call(['seccomp', 'explain', '--json', ...words]));
  const value = JSON.parse(stdout);
  if (!isPublished(value)) throw new Error(`${stdout}: ${JSON.stringify(isPublished.errors)}`);
  return value;
}

const profile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
  syscalls: [
    { names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' },
    { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 8, op: 'SCMP_CMP_EQ' }] },
    { names: ['mkdir'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 },
  ],
};

t.test('a profile by itself', { skip, timeout }, async (t) => {
  const container = makeContainer(t);
  const file = join(container.bundle, 'profile.json');
  writeFileSync(file, JSON.stringify(profile));
  const of = (...words: string[]) =>
    explain(container, ...words.slice(0, -1), file, ...(words.at(-1) ?? '').split(' '));
  const arch = ['--arch', 'x86_64'];
  t.match(of(...arch, 'read'), { action: 'SCMP_ACT_ALLOW', reason: 'rule', pointer: '/syscalls/0', document: file });
  t.match(of(...arch, 'mkdir'), { action: 'SCMP_ACT_ERRNO', errno: 13, errnoName: 'EACCES', pointer: '/syscalls/2' });
  t.match(of(...arch, 'personality 8'), { action: 'SCMP_ACT_ALLOW', pointer: '/syscalls/1', asked: [{ holds: true }] });
  t.match(of(...arch, 'personality 0x9'), {
    errnoName: 'EPERM',
    pointer: '/defaultAction',
    asked: [{ pointer: '/syscalls/1', conditions: ['args[0] == 0x8'], holds: false }],
  });
  t.match(of(...arch, '83'), { call: { syscall: 'mkdir', number: 83 } });
  t.match(of(...arch, '450'), { reason: 'newer', errnoName: 'ENOSYS' });
  t.match(of('--arch', 'SCMP_ARCH_X86', 'mkdir'), { call: { number: 39 }, pointer: '/syscalls/2' });
  t.match(of('--arch', 'riscv64', 'read'), { reason: 'architecture', action: 'SCMP_ACT_KILL_THREAD' });
  const negative = must(container.call(['seccomp', 'explain', '--json', ...arch, file, 'personality', '--', '-1']));
  t.match(negative.stdout, '"args":[18446744073709551615]', 'every bit of it');
  const { stdout } = must(container.call(['seccomp', 'explain', ...arch, file, 'mkdir']));
  t.match(stdout, `decided by  ${file}: /syscalls/2\n`);
});

t.test('a container and its bundle', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sleep', '1000'];
    config.linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
    };
  });
  const { bundle, id } = container;
  must(container.create());
  const expected = { document: join(bundle, 'config.json'), pointer: '/linux/seccomp/syscalls/0', errnoName: 'EPERM' };
  for (const target of [id, bundle, join(bundle, 'config.json')])
    t.match(explain(container, target, 'mkdirat'), expected);
  const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
  config.linux.seccomp.syscalls[0].names.push('unlinkat');
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  const { status, stderr } = container.call(['seccomp', 'explain', id, 'mkdirat']);
  t.equal(status, 1);
  t.match(stderr, 'it was changed since');
  delete config.linux.seccomp;
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  t.match(explain(container, bundle, 'mkdirat'), { reason: 'no filter', action: 'SCMP_ACT_ALLOW' });
});

t.test('what cannot be explained', { skip, timeout }, async (t) => {
  const container = makeContainer(t);
  const file = join(container.bundle, 'profile.json');
  const refused = (content: unknown, words: readonly string[], message: string | RegExp) => {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    const { status, stdout, stderr } = container.call(['seccomp', 'explain', ...words]);
    t.strictSame([status, stdout], [1, ''], `${message}`);
    t.match(stderr, message);
  };
  refused(profile, [file, 'no_such_call'], 'has no system call');
  refused(profile, [file, 'read', 'many'], 'is no number');
  refused(profile, [file, 'read', '0x10000000000000000'], 'more than 64 bits');
  refused(profile, [file, 'read', ...'1234567'], 'at most 6');
  refused(profile, ['--arch', 'pdp11', file, 'read'], 'no architecture');
  refused(profile, ['nobody', 'read'], 'there is neither a container nor a file');
  refused(profile, [file], 'needs a profile or a container, and a system call');
  refused('{', [file, 'read'], 'invalid json');
  refused({ ...profile, defaultAction: 'SCMP_ACT_PRAY' }, [file, 'read'], '/defaultAction');
  refused({ ...profile, archMap: [] }, [file, 'read'], 'a profile for Docker');
  refused('[]', [file, 'read'], 'is no object');
});

/** What a bundle with threads, children and other programs does; with a file, since that is a call of its own. */
const work = 'mkdir /tmp/made && touch /tmp/made/file; (sleep 0.1; cat /etc/passwd) & wait; ls / | sort; exit 5';

function recorded(t: Test, noNewPrivileges: boolean): { readonly container: Container; readonly made: Draft } {
  const container = makeContainer(t, (config, folder) => {
    config.process.args = ['/bin/sh', '-c', work];
    config.process.noNewPrivileges = noNewPrivileges;
    config.process.capabilities.ambient = [];
    config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs' });
    mkdirSync(join(folder, 'rootfs/etc'), { recursive: true });
  });
  const output = join(container.bundle, 'recorded.json');
  const words = ['seccomp', 'record', '--bundle', container.bundle, '-o', output, container.id];
  // its output goes to files: whatever holds them, nobody waits for it
  const { status, stderr } = container.call(words);
  t.equal(status, 5, `the status of the container ${stderr}`);
  t.match(container.call(words), { status: 1, stderr: /file exists, and seccomp record writes new ones only/ });
  return { container, made: JSON.parse(readFileSync(output, 'utf8')) };
}

function useProfile({ bundle }: Container, seccomp: Draft): void {
  const path = join(bundle, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  config.linux.seccomp = seccomp;
  writeFileSync(path, JSON.stringify(config));
}

for (const noNewPrivileges of [true, false])
  t.test(`record, noNewPrivileges ${noNewPrivileges}`, { skip: unrecordable, timeout }, async (t) => {
    const { container, made } = recorded(t, noNewPrivileges);
    t.match(made, { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ action: 'SCMP_ACT_ALLOW' }] });
    const { names } = made.syscalls[0];
    t.ok(names.includes('execve') && names.includes('wait4'), names.join(' '));
    t.equal(names.includes('setresuid'), !noNewPrivileges, 'init takes its user before the filter, or behind it');
    t.notOk(names.includes('pivot_root') || names.includes('mount'), 'what init does before is not in it');
    const free = container.run();
    t.match(free.stdout, /root.*\nbin\n/s);
    useProfile(container, made);
    t.strictSame(container.run(), free, 'it runs by its own profile as it does without');
    must(container.create());
    must(container.start());
    must(container.delete('--force'));
    useProfile(container, {
      ...made,
      syscalls: [{ ...made.syscalls[0], names: names.filter((name: string) => !/^mkdir/.test(name)) }],
    });
    t.match(container.run().stderr, /mkdir/, 'and the profile is in force');
  });

t.test('record that cannot be', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/nowhere'];
  });
  const record = (...words: string[]) => container.call(['seccomp', 'record', '--bundle', container.bundle, ...words]);
  t.match(record('-o', '/nowhere/at/all', container.id), { status: 1, stdout: '' });
  t.match(record(container.id), { status: 1, stdout: '', stderr: /\/nowhere/ });
  t.match(record(container.id, 'another'), { status: 1, stderr: /at most a container id/ });
  t.match(container.call(['seccomp', 'forget']), { status: 1, stderr: /there are explain and record/ });
});
