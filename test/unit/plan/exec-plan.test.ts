import t from 'tap';
import type { Process } from '../../../src/oci/types.ts';
import { planExec } from '../../../src/plan/exec-plan.ts';
import type { JoinTarget } from '../../../src/plan/join.ts';
import { NAMESPACES } from '../../../src/plan/namespaces.ts';
import { type ProcessDefaults, processDefaults, withDefaults } from '../../../src/plan/process-defaults.ts';
import { config } from '../../fakes/config.ts';
import { facts } from '../../fakes/plan.ts';

const all = NAMESPACES.pid | NAMESPACES.mount | NAMESPACES.network;
const options = { id: 'c1', noNewKeyring: false, trace: false };

function plan(process: Partial<Process> = {}, join: Partial<JoinTarget> = {}, defaults: ProcessDefaults = {}) {
  const target = { process: 7, namespaces: all, setgroups: true, root: undefined, tasks: [], ...join };
  return planExec({ cwd: '/', args: ['true'], ...process }, defaults, target, facts, options);
}

const names = (...args: Parameters<typeof plan>): string[] => plan(...args).steps.map(({ run }) => run.step);

t.test('the order', async (t) => {
  t.strictSame(names({}, { tasks: [{ open: 'control', path: '/c/tasks' }] }), [
    'cgroup_join',
    'affinity',
    'setns',
    'session_keyring',
    'stdio_null',
    'environment',
    'stdio_owner',
    'credentials',
    'lookup',
    'process_fork',
    'setsid',
    'execve',
  ]);
});

t.test('all namespaces at once by the pidfd; the process appears last', async (t) => {
  const { steps } = plan();
  const joined = steps.filter(({ run }) => run.step === 'setns').map(({ run }) => run);
  t.strictSame(joined, [{ step: 'setns', namespace: { open: 'held', fd: 7 }, type: all, path: 'of the container' }]);
  const shared = names({}, { namespaces: all & ~NAMESPACES.pid });
  t.notOk(shared.includes('process_fork'), 'in the runtime’s pid namespace it is there already');
  t.notOk(names({}, { namespaces: 0 }).includes('setns'));
});

t.test('without a mount namespace there is a root directory to enter', async (t) => {
  const order = names({}, { namespaces: NAMESPACES.pid, root: 9 });
  t.strictSame(order.slice(0, 4), ['affinity', 'root_open', 'chroot', 'setns']);
  t.notOk(order.includes('stdio_null'));
});

t.test('a terminal is opened before the process appears, and taken by its session', async (t) => {
  const order = names({ terminal: true, consoleSize: { height: 3, width: 4 } });
  const about = [
    'setns',
    'stdio_null',
    'terminal',
    'request',
    'stdio_owner',
    'process_fork',
    'setsid',
    'controlling_terminal',
  ];
  t.strictSame(
    order.filter((name) => about.includes(name)),
    about.filter((name) => name !== 'stdio_null'),
    'in place of what the streams were',
  );
  const { steps } = plan({ terminal: true, consoleSize: { height: 3, width: 4 } });
  t.strictSame(
    steps.filter(({ run }) => run.step === 'terminal'),
    [{ run: { step: 'terminal', width: 4, height: 3, console: 0 }, pointer: '/process/terminal' }],
    'and nothing is bound on /dev/console',
  );
});

t.test('CPU affinity', async (t) => {
  const cpus = (execCPUAffinity: Process['execCPUAffinity']) =>
    plan({ ...(execCPUAffinity && { execCPUAffinity }) }).steps.flatMap(({ run }) =>
      run.step === 'affinity' ? [run.cpus] : [],
    );
  t.strictSame(cpus(undefined), [[]], 'every CPU');
  t.strictSame(cpus({ initial: '0-1' }), [[0, 1]]);
  t.strictSame(cpus({ final: '2' }), [[2]]);
  t.strictSame(cpus({ initial: '0', final: '2' }), [[0], [2]]);
});

t.test('what the process does not say is as the container was made', async (t) => {
  const made = config({
    process: {
      capabilities: { bounding: ['CAP_KILL'], effective: ['CAP_KILL'], inheritable: [] },
      rlimits: [{ type: 'RLIMIT_CORE', soft: 1, hard: 18446744073709551615n }],
      oomScoreAdj: 5,
      user: { uid: 1, gid: 1, umask: 0o77 },
    },
    linux: { personality: { domain: 'LINUX32' } },
  });
  const defaults = processDefaults(made, () => facts.boundingSet);
  t.strictSame(defaults.capabilities, [32, 32, 0, 0, 0]);
  const silent = withDefaults({ cwd: '/', args: ['x'], rlimits: [] }, defaults);
  t.match(silent, {
    capabilities: { bounding: ['CAP_KILL'], effective: ['CAP_KILL'], permitted: [] },
    rlimits: [{ type: 'RLIMIT_CORE', soft: 1, hard: 18446744073709551615n }],
    oomScoreAdj: 5,
    user: { uid: 0, gid: 0, umask: 0o77 },
  });
  t.match(plan(silent, {}, defaults).steps, [{ run: { step: 'affinity' } }, { run: { step: 'oom_score_adj' } }]);
  t.ok(names(silent, {}, defaults).includes('personality'));
  const own = { cwd: '/', args: ['x'], capabilities: {}, oomScoreAdj: 7, user: { uid: 3, umask: 0 } };
  t.match(withDefaults(own, defaults), { capabilities: {}, oomScoreAdj: 7, user: { uid: 3, umask: 0 } });
  t.strictSame(
    processDefaults(config(), () => t.fail('is not asked') as never),
    {},
  );
});
