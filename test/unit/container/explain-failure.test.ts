import t from 'tap';
import { explainEnd, explainFailure } from '../../../src/container/explain-failure.ts';
import type { InitMessage } from '../../../src/native/contract.ts';
import type { PlannedStep } from '../../../src/plan/plan.ts';

type InitFailure = Extract<InitMessage, { type: 'failure' }>;

const prefix = 'unable to start container process: error during container init: ';

const steps: PlannedStep[] = [
  {
    pointer: '/mounts/3',
    run: {
      step: 'mount',
      type: 'tmpfs',
      source: 'tmpfs',
      target: '/x',
      parameters: [],
      attributes: 0,
      recursiveSet: 0,
      recursiveClear: 0,
      propagation: [],
      strict: 0,
      copyUp: 0,
      keepMode: 0,
    },
  },
  { pointer: '/process/args/0', run: { step: 'lookup', name: 'foo' } },
  { pointer: '/process/cwd', run: { step: 'cwd_create', path: '/link' } },
  { pointer: '/linux/sysctl', run: { step: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' } },
  {
    pointer: '/process/scheduler',
    run: { step: 'scheduler', policy: 6, flags: 0, nice: 0, priority: 0, runtime: 1, deadline: 2, period: 2 },
    refusals: { EPERM: 'not with a cpuset' },
  },
];

function explain(step: number, failure: Partial<InitFailure>): { message: string; pointer: string } {
  const { message, pointer } = explainFailure(
    { type: 'failure', step, syscall: '', errno: 0, code: '', path: '', text: '', ...failure },
    steps,
  );
  return { message, pointer };
}

t.test('a step is named by what it was about to do and by its place in config.json', async (t) => {
  t.strictSame(explain(0, { syscall: 'fsconfig', code: 'EINVAL', path: 'size=x' }), {
    message: `${prefix}mount "tmpfs" at /x: fsconfig size=x: invalid argument`,
    pointer: '/mounts/3',
  });
  const detail = { syscall: 'fsopen', code: 'ENODEV', path: '/x (unknown filesystem "y")' };
  t.equal(
    explain(0, detail).message,
    `${prefix}mount "tmpfs" at /x: fsopen (unknown filesystem "y"): no such device`,
    'the path is said once',
  );
  t.equal(explain(0, { ...detail, path: '/x' }).message, `${prefix}mount "tmpfs" at /x: fsopen: no such device`);
  t.strictSame(explain(3, { syscall: 'write', code: 'EIO', path: 'net/ipv4/ip_forward' }), {
    message: `${prefix}sysctl net/ipv4/ip_forward=1: write: input/output error`,
    pointer: '/linux/sysctl',
  });
});

t.test('only errors of the command say the words that engines take for exit status 126 and 127', async (t) => {
  for (const code of ['ENOENT', 'EACCES', 'EPERM']) {
    t.notMatch(
      explain(0, { syscall: 'move_mount', code }).message,
      /no such file|not found|permission denied|operation not permitted/,
    );
  }
  t.equal(explain(2, { syscall: 'mkdir', code: 'EEXIST', path: '/link' }).message, `${prefix}mkdir /link: file exists`);
});

t.test('a complete text of init is passed on as it is', async (t) => {
  const text = 'exec: "foo": executable file not found in $PATH';
  t.strictSame(explain(1, { text, code: 'ENOENT' }), { message: prefix + text, pointer: '' });
});

t.test('an errno without words and a step outside the plan', async (t) => {
  t.equal(
    explain(-1, { syscall: 'recvmsg', code: 'EWEIRD' }).message,
    `${prefix}before the first step: recvmsg: EWEIRD`,
  );
});

t.test('a silent end', async (t) => {
  t.equal(
    explainEnd('signal: killed', true).message,
    'unable to start container process: container init was OOM-killed (memory limit too low?)',
  );
  t.match(explainEnd('signal: killed', false).message, /signal: killed$/);
});

t.test('what an errno means in this config is told instead of it', async (t) => {
  t.strictSame(explain(4, { syscall: 'sched_setattr', code: 'EPERM' }), {
    message: `${prefix}not with a cpuset`,
    pointer: '/process/scheduler',
  });
  t.match(explain(4, { syscall: 'sched_setattr', code: 'EINVAL' }).message, /sched_setattr: invalid argument$/);
});
