// noci wait: how containers end whose parent is somebody else.
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import t, { type Test } from 'tap';
import { native } from '../native/host.ts';
import { background, holds } from './background.ts';
import { type Draft, missing } from './bundle.ts';
import { type Container, isAlive, makeContainer, must, running, until } from './container.ts';
import { statusIsForParent } from './kernel-release.ts';
import type { Outcome } from './report.ts';

const timeout = 240_000;

const isPublished = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(new URL('../../schemas/noci/wait.json', import.meta.url), 'utf8')),
);

const skip = missing();

const systemd = process.env.NOCI_CGROUP_DRIVER === 'systemd';

/** A wait that has found its container. */
async function waiting(t: Test, container: Container, ...options: string[]) {
  const wait = background(t, container.root, 'wait', ...options, container.id);
  await until(() => holds(wait.child, 'pidfd'));
  return wait;
}

/** Whether the parent was faster: that is said then, and nothing else. */
function isCollected(t: Test, { status, signal, stdout, stderr }: Outcome): boolean {
  if (!statusIsForParent || !/ended, and its parent has collected its exit status/.test(stderr)) return false;
  t.strictSame([status, signal], [1, null]);
  if (stdout !== '') t.match(reason(stdout), { reason: { type: 'unknown', why: /Linux tells others since 6\.15/ } });
  return true;
}

function reason(text: string): Draft {
  const value = JSON.parse(text);
  if (!isPublished(value)) throw new Error(`${text}: ${JSON.stringify(isPublished.errors)}`);
  return value;
}

t.test('exit status', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sh', '-c', 'exit 7'];
  });
  must(container.create());
  const [plain, json] = [await waiting(t, container), await waiting(t, container, '--json')];
  must(container.start());
  const [said, told] = [await plain.ended, await json.ended];
  if (!isCollected(t, said)) t.strictSame(said, { status: 0, signal: null, stdout: '7\n', stderr: '' });
  if (!isCollected(t, told))
    t.strictSame(reason(told.stdout), { id: container.id, status: 7, reason: { type: 'exited', status: 7 } });
});

t.test('a signal, and many who wait', { skip, timeout }, async (t) => {
  const container = running(t);
  const all = [];
  for (let count = 0; count < 8; count++) all.push(await waiting(t, container));
  must(container.kill('KILL'));
  for (const { ended } of all) {
    const said = await ended;
    if (!isCollected(t, said))
      t.strictSame(said, {
        status: 0,
        signal: null,
        stdout: '137\n',
        stderr: `container ${container.id} killed by signal 9 (SIGKILL)\n`,
      });
  }
});

t.test('deleted meanwhile', { skip, timeout }, async (t) => {
  const container = running(t);
  const wait = await waiting(t, container, '--json');
  must(container.delete('--force'));
  const told = await wait.ended;
  if (!isCollected(t, told))
    t.match(reason(told.stdout), { status: 137, reason: { type: 'signaled', name: 'SIGKILL' } });
});

t.test('interrupted', { skip, timeout }, async (t) => {
  const container = running(t);
  const { pid } = container.state();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const wait = await waiting(t, container);
    wait.child.kill(signal);
    t.match(await wait.ended, { status: null, signal, stdout: '', stderr: '' });
  }
  t.ok(isAlive(pid), 'the container runs on');
});

t.test('no such container', { skip: missing(), timeout }, async (t) => {
  const container = makeContainer(t);
  const { status, stdout, stderr } = container.call(['wait', 'nobody']);
  t.strictSame([status, stdout], [1, '']);
  t.match(stderr, 'container does not exist');
});

t.test(
  'for want of memory',
  { skip: skip || (systemd && 'systemd removes the cgroup with its last process'), timeout },
  async (t) => {
    const container = makeContainer(t, (config) => {
      config.process.args = ['/bin/sh', '-c', 'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done'];
      config.linux.resources = { ...config.linux.resources, memory: { limit: 20 << 20 } };
    });
    must(container.create());
    const wait = await waiting(t, container, '--json');
    must(container.start());
    const told = await wait.ended;
    if (!isCollected(t, told))
      t.match(reason(told.stdout), { status: 137, reason: { type: 'oom-killed', name: 'SIGKILL' } });
  },
);

/** A container whose filter kills it for mkdir(2). */
function forbidden(t: Test): Container {
  return makeContainer(t, (config) => {
    config.process.args = ['/bin/mkdir', '/tmp/x'];
    config.linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_KILL_PROCESS' }],
    };
  });
}

/** Whether the kernel tells here of processes that it kills for a system call: not in every network namespace, nor every kernel. */
function hearsAudit(t: Test): boolean {
  let fd: number;
  try {
    fd = native.netlinkAudit();
  } catch {
    return false;
  }
  t.teardown(() => native.close(fd));
  forbidden(t).run();
  return native.poll([{ fd, events: 1 }], 2000)[0] !== 0;
}

t.test('for a system call', { skip, timeout }, async (t) => {
  const hears = hearsAudit(t);
  const container = forbidden(t);
  must(container.create());
  const [plain, json] = [await waiting(t, container), await waiting(t, container, '--json')];
  must(container.start());
  const [said, told] = [await plain.ended, await json.ended];
  if (!hears) t.comment('the audit log cannot be heard here');
  if (!isCollected(t, told)) {
    const { reason: why, status } = reason(told.stdout);
    t.match([status, why.type, why.name], [159, 'seccomp-killed', 'SIGSYS']);
    if (hears) t.match([why.syscall, why.architecture], [/^mkdir(at)?$/, /^SCMP_ARCH_/]);
  }
  if (isCollected(t, said)) return;
  t.equal(said.stdout, '159\n');
  if (hears)
    t.match(said.stderr, /killed by its seccomp filter for the system call mkdir(at)? \(number \d+ of SCMP_ARCH_/);
});
