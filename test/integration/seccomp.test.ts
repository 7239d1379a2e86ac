// linux.seccomp: what the container's processes may call, by create and by exec, and the agent that answers for the rest.
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ARCHITECTURES, nativeArchitecture } from '../../src/seccomp/architectures.ts';
import { numberOf, openNumbers } from '../../src/seccomp/numbers.ts';
import { syscallNames } from '../../src/seccomp/syscall-table.ts';
import { type Draft, missing } from './bundle.ts';
import { type Container, makeContainer, must, until } from './container.ts';

const skip = missing();
const timeout = 120_000;
const probes = new URL('../../.build/probe/', import.meta.url).pathname;

const native = nativeArchitecture(process.arch === 'x64' ? 'x86_64' : 'aarch64') ?? 'SCMP_ARCH_X86_64';
const numbers = openNumbers();
const numberFor = (name: string) => numberOf(numbers, ARCHITECTURES[native], name) as number;

/** What the program itself cannot do without. */
const needed =
  'execve write writev read exit exit_group brk mmap munmap mprotect arch_prctl set_tid_address rt_sigreturn restart_syscall'.split(
    ' ',
  );

/** 200 calls, each of which is to give an errno of its own. */
const forbidden = syscallNames
  .split(' ')
  .filter((name) => !needed.includes(name) && numberFor(name) !== undefined)
  .slice(0, 200);

const distinct = forbidden.map((name, index) => ({ names: [name], action: 'SCMP_ACT_ERRNO', errnoRet: 1000 + index }));

type Change = (config: Draft, folder: string) => void;

function filtered(seccomp: Draft, args: readonly string[], noNewPrivileges: boolean): Change {
  return (config, folder) => {
    copyFileSync(join(probes, 'syscalls'), join(folder, 'rootfs/syscalls'));
    config.process.args = args;
    config.process.noNewPrivileges = noNewPrivileges;
    config.root.readonly = false;
    config.linux.seccomp = seccomp;
  };
}

/** "12 -1001" … → what each word gave. */
function results(stdout: string): Map<string, number> {
  const lines = stdout.trim().split('\n');
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
}

t.test('200 calls get what the profile says', { skip, timeout }, async (t) => {
  const words = forbidden.map((name) => String(numberFor(name)));
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: distinct };
  const container = makeContainer(t, filtered(seccomp, ['/syscalls', ...words], true));
  const seen = results(must(container.run()).stdout);
  t.equal(seen.size, 200);
  t.strictSame(
    words.filter((word, index) => seen.get(word) !== -(1000 + index)),
    [],
  );
});

/** What init does behind a filter that it needs CAP_SYS_ADMIN to load, beside what the program needs. */
const ofInit =
  'prctl capget capset getresuid getresgid getgroups getuid getgid geteuid getegid setgroups setresuid setresgid chdir getcwd umask dup3 fcntl epoll_create1 epoll_ctl epoll_wait epoll_pwait ' +
  'close close_range stat fstat newfstatat statx faccessat faccessat2 openat madvise rt_sigaction rt_sigprocmask getppid getpid';

t.test('what is not named, what is newer, other architectures, arguments', { skip, timeout }, async (t) => {
  const seccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 77,
    architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: [
      { names: [...needed, ...ofInit.split(' ')], action: 'SCMP_ACT_ALLOW' },
      {
        names: ['personality'],
        action: 'SCMP_ACT_ERRNO',
        errnoRet: 78,
        args: [{ index: 0, value: 5, op: 'SCMP_CMP_EQ' }],
      },
      { names: ['no_such_call', 'sync'], action: 'SCMP_ACT_ERRNO', errnoRet: 79 },
    ],
  };
  const expected: Record<string, number> = {
    [`${numberFor('personality')}:5`]: -78,
    [`${numberFor('personality')}:0x100000005`]: -77,
    [`${numberFor('sync')}`]: -79,
    [`${numberFor('mount')}`]: -77,
    '1500': -38,
  };
  // x32: sync, mount, none; and of 32 bits
  const foreign = {
    '0x400000a2': -79,
    '0x400000a5': -77,
    '0x40000700': -38,
    'i80:36': -79,
    'i80:21': -77,
    'i80:1500': -38,
  };
  if (native === 'SCMP_ARCH_X86_64') Object.assign(expected, foreign);
  for (const noNewPrivileges of [true, false]) {
    const container = makeContainer(t, filtered(seccomp, ['/syscalls', ...Object.keys(expected)], noNewPrivileges));
    const seen = results(must(container.run()).stdout);
    t.strictSame(Object.fromEntries(seen), expected, `noNewPrivileges ${noNewPrivileges}`);
  }
});

const notX64 = process.arch !== 'x64' && 'only on x86-64';

t.test('a call of another architecture is killed', { skip: skip || notX64, timeout }, async (t) => {
  for (const word of ['i80:20', '0x40000027']) {
    const container = makeContainer(t, filtered({ defaultAction: 'SCMP_ACT_ALLOW' }, ['/syscalls', word], true));
    t.equal(container.run().status, 128 + 31, `${word}: SIGSYS`);
  }
});

t.test('with no_new_privs init needs nothing of a profile but the execve', { skip, timeout }, async (t) => {
  const syscalls = [{ names: needed, action: 'SCMP_ACT_ALLOW' }];
  const seccomp = { defaultAction: 'SCMP_ACT_KILL_PROCESS', syscalls };
  const container = makeContainer(t, filtered(seccomp, ['/syscalls', String(numberFor('read'))], true));
  t.match(must(container.run()).stdout, /^\d+ -?\d+\n$/);
});

t.test('a profile that lets init neither look where it is nor close fds at once', { skip, timeout }, async (t) => {
  const syscalls = [{ names: ['getcwd', 'close_range'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }];
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls };
  for (const noNewPrivileges of [true, false]) {
    const listing = ['/bin/ls', '/proc/self/fd'];
    const container = makeContainer(t, (config, folder) => {
      filtered(seccomp, listing, noNewPrivileges)(config, folder);
      config.hooks = { startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'ls /proc/self/fd >/hook'] }] };
    });
    t.same(must(container.run()).stdout.trim().split('\n'), ['0', '1', '2', '3'], '3 is of ls itself');
    t.equal(readFileSync(join(container.bundle, 'rootfs/hook'), 'utf8'), '0\n1\n2\n3\n', 'nor has a hook more');
    const outside = makeContainer(t, (config, folder) => {
      filtered(seccomp, listing, noNewPrivileges)(config, folder);
      config.process.cwd = '/proc/self/fd/5';
    });
    t.not(outside.run().status, 0, 'and no working directory of init');
  }
});

const withoutSync = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['sync'], action: 'SCMP_ACT_ERRNO', errnoRet: 99 }],
};

t.test('a process of exec has the filter that the container was made with', { skip, timeout }, async (t) => {
  for (const noNewPrivileges of [true, false]) {
    const container = makeContainer(t, filtered(withoutSync, ['/bin/sleep', '1000'], noNewPrivileges));
    must(container.run('--detach'));
    const path = join(container.bundle, 'config.json');
    const config = JSON.parse(readFileSync(path, 'utf8'));
    delete config.linux.seccomp;
    writeFileSync(path, JSON.stringify(config));
    const word = String(numberFor('sync'));
    const outcome = container.call(['exec', container.id, '/bin/sh', '-c', `/syscalls ${word} > /tmp/seen`]);
    t.equal(outcome.status, 0, outcome.stderr);
    t.equal(readFileSync(join(container.bundle, 'rootfs/tmp/seen'), 'utf8'), `${word} -99\n`);
    rmSync(join(container.root, container.id, 'seccomp.bpf'));
    const refused = container.call(['exec', container.id, '/syscalls', word]);
    t.equal(refused.status, 255);
    t.match(refused.stderr, /seccomp\.bpf is not readable/, 'never without');
  }
});

t.test('a program is compiled once, and what was touched is compiled again', { skip, timeout }, async (t) => {
  const word = String(numberFor('sync'));
  const container = makeContainer(t, filtered(withoutSync, ['/syscalls', word], true));
  const cache = join(container.root, '@seccomp');
  const run = () => t.equal(must(container.run()).stdout, `${word} -99\n`);
  run();
  const [name = ''] = readdirSync(cache);
  const content = readFileSync(join(cache, name));
  run();
  t.strictSame(readdirSync(cache), [name]);
  t.equal(must(container.call(['list', '-q'])).stdout, '', 'no container is called so');
  // the verdict becomes "allow"
  const forged = Buffer.from(content);
  forged.writeUInt32LE(0x7fff0000, forged.indexOf(Buffer.from([99, 0, 5, 0])));
  for (const wrong of [forged, content.subarray(0, 16), Buffer.alloc(content.length)]) {
    writeFileSync(join(cache, name), wrong);
    run();
    t.strictSame(readFileSync(join(cache, name)), content, 'is replaced');
  }
});

interface Agent {
  readonly path: string;
  readonly process: ChildProcess;
  /** the documents that it was sent */
  readonly said: () => string[];
}

async function startAgent(t: Test, mode: 'serve' | 'gone' | 'slow', connections = 1): Promise<Agent> {
  const folder = mkdtempSync(join(tmpdir(), 'noci-agent-'));
  const path = join(folder, 'agent.sock');
  const child = spawn(join(probes, 'agent'), [path, mode, String(connections)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  let text = '';
  child.stdout.on('data', (more) => {
    text += more;
  });
  t.teardown(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await until(() => existsSync(path));
  return { path, process: child, said: () => text.split('\n').filter((line) => line !== '') };
}

const asking = (path: string, more: Draft = {}): Draft => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  listenerPath: path,
  syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
  ...more,
});

/** With the event loop going on, so that the agent's words arrive. */
async function documents(t: Test, agent: Agent, count: number): Promise<Draft[]> {
  await until(() => agent.said().length >= count);
  for (const line of agent.said()) t.match(line, / closed$/, 'the connection is used once');
  return agent.said().map((line) => JSON.parse(line.replace(/ closed$/, '')));
}

t.test('an agent answers a mkdir, of the container and of exec', { skip, timeout }, async (t) => {
  for (const noNewPrivileges of [true, false]) {
    const agent = await startAgent(t, 'serve', 2);
    const flags = ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'];
    const profile = asking(agent.path, { listenerMetadata: 'a <b>', flags });
    const script = 'mkdir /tmp/one; exec sleep 1000';
    const container: Container = makeContainer(t, (config, folder) => {
      filtered(profile, ['/bin/sh', '-c', script], noNewPrivileges)(config, folder);
      config.annotations = { a: 'b' };
    });
    must(container.create());
    const { pid } = container.state();
    const [created] = await documents(t, agent, 1);
    const { ociVersion } = created;
    const state = {
      ociVersion,
      id: container.id,
      status: 'creating',
      pid,
      bundle: container.bundle,
      annotations: { a: 'b' },
    };
    t.strictSame(created, { ociVersion, fds: ['seccompFd'], pid, metadata: 'a <b>', state });
    must(container.start());
    await until(() => existsSync(join(container.bundle, 'rootfs/tmp/one.agent')));
    t.notOk(existsSync(join(container.bundle, 'rootfs/tmp/one')), 'the call itself was not made');
    const pidFile = join(container.bundle, 'exec.pid');
    const words = ['/bin/busybox', 'mkdir', '/tmp/two'];
    const outcome = container.call(['exec', '--pid-file', pidFile, container.id, ...words]);
    t.equal(outcome.status, 0, outcome.stderr);
    t.ok(existsSync(join(container.bundle, 'rootfs/tmp/two.agent')));
    const executed = (await documents(t, agent, 2))[1];
    t.strictSame({ ...executed.state, status: 'creating' }, state);
    t.equal(executed.state.status, 'running');
    t.equal(executed.pid, Number(readFileSync(pidFile, 'utf8')), 'that of the process itself');
    const fds = readdirSync(`/proc/${pid}/fd`);
    t.ok(
      fds.every((fd) => Number(fd) <= 2),
      `nothing of the listener is in the container: ${fds}`,
    );
  }
});

t.test('an agent that is asked about what exec itself does answers', { skip, timeout }, async (t) => {
  const agent = await startAgent(t, 'serve', 2);
  const syscalls = [{ names: ['prctl', 'capset', 'clone', 'recvfrom', 'setsid'], action: 'SCMP_ACT_NOTIFY' }];
  const change = filtered(asking(agent.path, { syscalls }), ['/bin/sleep', '1000'], false);
  const container: Container = makeContainer(t, change);
  must(container.create());
  must(container.start());
  const { status, stderr } = container.call(['exec', container.id, '/bin/true']);
  t.equal(status, 0, stderr);
  t.equal((await documents(t, agent, 2)).length, 2);
});

t.test('without an agent nothing is executed', { skip, timeout }, async (t) => {
  const agent = await startAgent(t, 'serve', 1);
  const container: Container = makeContainer(t, filtered(asking(agent.path), ['/bin/sleep', '1000'], false));
  must(container.create());
  must(container.start());
  await documents(t, agent, 1);
  rmSync(agent.path);
  const { status, stderr } = container.call(['exec', container.id, '/bin/touch', '/tmp/executed']);
  t.not(status, 0);
  t.match(stderr, /seccomp listenerPath .*agent\.sock: connect: /);
  t.notOk(existsSync(join(container.bundle, 'rootfs/tmp/executed')));
});

/** What of a state root is a container's. */
const remains = (root: string) => readdirSync(root).filter((name) => name !== '@seccomp');

t.test('without an agent there is no container', { skip, timeout }, async (t) => {
  const container = makeContainer(t, filtered(asking('/nowhere/agent.sock'), ['/bin/true'], true));
  const { status, stderr } = container.run();
  t.equal(status, 1);
  t.match(stderr, /seccomp listenerPath \/nowhere\/agent\.sock: connect: /);
  t.match(stderr, /\/linux\/seccomp\/listenerPath/);
  t.strictSame(remains(container.root), [], 'nothing stays');
});

t.test('of an agent that is gone the calls do not exist', { skip, timeout }, async (t) => {
  const agent = await startAgent(t, 'gone');
  const script = `/syscalls ${numberFor('mkdirat')}`;
  const container = makeContainer(t, filtered(asking(agent.path), ['/bin/sh', '-c', script], true));
  t.equal(must(container.run()).stdout, `${numberFor('mkdirat')} -38\n`);
});

t.test('rules that init cannot obey are refused', { skip, timeout }, async (t) => {
  const notify = 'SCMP_ACT_NOTIFY';
  const wrong: readonly [more: Draft, text: string, pointer: string][] = [
    [
      { syscalls: [{ names: ['read', 'write'], action: notify }] },
      'SCMP_ACT_NOTIFY cannot be used for the write syscall',
      '/linux/seccomp/syscalls/0/names/1',
    ],
    [{ defaultAction: notify }, 'SCMP_ACT_NOTIFY cannot be used as default action', '/linux/seccomp/defaultAction'],
    [{ listenerPath: undefined }, 'seccomp listenerPath is not set', '/linux/seccomp/listenerPath'],
  ];
  for (const [more, text, pointer] of wrong) {
    const container = makeContainer(t, filtered(asking('/x', more), ['/bin/true'], true));
    const { status, stderr } = container.run();
    t.equal(status, 1);
    t.ok(stderr.includes(text) && stderr.includes(pointer), stderr);
    t.strictSame(readdirSync(container.root), [], 'nothing was done');
  }
});

t.test('an agent that does not answer what init needs is not waited for', { skip, timeout }, async (t) => {
  const agent = await startAgent(t, 'slow');
  const syscalls = [{ names: ['chdir', 'prctl'], action: 'SCMP_ACT_NOTIFY' }];
  const container = makeContainer(t, filtered(asking(agent.path, { syscalls }), ['/bin/true'], false));
  const { status, stderr } = container.run();
  t.equal(status, 1);
  t.match(stderr, /left a system call unanswered for 30s/);
  t.strictSame(remains(container.root), [], 'nothing stays');
});
