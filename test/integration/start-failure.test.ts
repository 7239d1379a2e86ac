// What goes wrong between start and the container's command: who waits learns the step, and what the kernel said.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import t, { type Test } from 'tap';
import { background, holds } from './background.ts';
import { type Draft, missing } from './bundle.ts';
import { type Container, makeContainer, must, until } from './container.ts';
import { statusIsForParent } from './kernel-release.ts';

const skip = missing();
const timeout = 60_000;

const isPublished = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(new URL('../../schemas/noci/wait.json', import.meta.url), 'utf8')),
);

interface Waiting {
  readonly container: Container;
  readonly wait: ReturnType<typeof background>;
  readonly rootfs: string;
}

/** A created container whose command is /command, a copy of busybox, and somebody who waits for its end. */
async function waiting(
  t: Test,
  change: (config: Draft, rootfs: string) => void,
  ...options: string[]
): Promise<Waiting> {
  let rootfs = '';
  const container = makeContainer(t, (config, folder) => {
    rootfs = join(folder, 'rootfs');
    copyFileSync('/bin/busybox', join(rootfs, 'command'));
    config.process.args = ['/command', 'true'];
    change(config, rootfs);
  });
  must(container.create());
  return { container, rootfs, wait: await waitFor(t, container, ...options) };
}

async function waitFor(t: Test, container: Container, ...options: string[]) {
  const wait = background(t, container.root, 'wait', ...options, container.id);
  await until(() => holds(wait.child, 'pidfd'));
  return wait;
}

/** The reason, by the schema. */
async function reasonOf({ wait }: Waiting): Promise<Draft> {
  const { stdout } = await wait.ended;
  const told = JSON.parse(stdout) as Draft;
  if (!isPublished(told)) throw new Error(`${stdout}: ${JSON.stringify(isPublished.errors)}`);
  return (told as Draft).reason;
}

const execve = (code: string, errno: number) => ({
  type: 'start-failed',
  status: 255,
  step: 'execve',
  syscall: 'execve',
  errno,
  code,
  path: '/command',
});

/** What happens to the executable between create and start, and what is told then. */
const changes: readonly {
  readonly name: string;
  readonly config?: (config: Draft) => void;
  readonly change: (file: string) => void;
  readonly expected: Draft;
}[] = [
  { name: 'it vanishes', change: (file) => rmSync(file), expected: execve('ENOENT', 2) },
  {
    name: 'its interpreter is missing',
    change: (file) => writeFileSync(file, '#!/bin/bash\n'),
    expected: { ...execve('ENOENT', 2), message: /its interpreter "\/bin\/bash" is missing/ },
  },
  {
    name: 'it is no executable any more',
    change: (file) => chmodSync(file, 0o644),
    expected: { ...execve('EACCES', 13), message: /^exec \/command: permission denied; its mode 0644/ },
  },
  { name: 'it has no format', change: (file) => writeFileSync(file, 'hello\n'), expected: execve('ENOEXEC', 8) },
  {
    name: 'it is a directory',
    change: (file) => {
      rmSync(file);
      mkdirSync(file);
    },
    expected: execve('EACCES', 13),
  },
  {
    name: 'a filter refuses the call',
    config: (config) => {
      config.process.noNewPrivileges = true;
      config.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['execve'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
      };
    },
    change: () => {},
    expected: execve('EPERM', 1),
  },
];

for (const { name, config = () => {}, change, expected } of changes)
  t.test(name, { skip, timeout }, async (t) => {
    const one = await waiting(t, config, '--json');
    change(join(one.rootfs, 'command'));
    const { status, stdout } = one.container.start();
    t.strictSame([status, stdout], [0, ''], 'start itself knows nothing of it, as in runc');
    t.match(await reasonOf(one), expected);
  });

t.test('a startContainer hook', { skip, timeout }, async (t) => {
  const one = await waiting(
    t,
    (config) => {
      config.hooks = { startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'echo why >&2; exit 3'] }] };
    },
    '--json',
  );
  must(one.container.start());
  t.match(await reasonOf(one), {
    type: 'start-failed',
    status: 255,
    step: 'hook',
    message: /^error running startContainer hook #0: exit status 3, stdout: , stderr: why/,
  });
});

t.test('in words, to many who wait, and to who watches', { skip, timeout }, async (t) => {
  const one = await waiting(t, () => {});
  const others = [await waitFor(t, one.container), await waitFor(t, one.container)];
  const watch = background(t, one.container.root, 'watch');
  await until(() => watch.stdout().includes(one.container.id));
  rmSync(join(one.rootfs, 'command'));
  must(one.container.start());
  const told = 'start failed at execve (ENOENT): exec /command: no such file or directory';
  for (const { ended } of [one.wait, ...others])
    t.strictSame(await ended, {
      status: 0,
      signal: null,
      stdout: '255\n',
      stderr: `container ${one.container.id} ${told}\n`,
    });
  await until(() => watch.stdout().includes(`stopped   ${told}`));
});

t.test('one that ends by itself with the same status', { skip, timeout }, async (t) => {
  const one = await waiting(
    t,
    (config) => {
      config.process.args = ['/bin/sh', '-c', 'exit 255'];
    },
    '--json',
  );
  must(one.container.start());
  const reason = await reasonOf(one);
  if (statusIsForParent && reason.type === 'unknown') t.match(reason.why, /Linux tells others since 6\.15/);
  else t.strictSame(reason, { type: 'exited', status: 255 });
});
