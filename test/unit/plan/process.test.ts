import t from 'tap';
import { steps } from '../../fakes/plan.ts';

t.test('oomScoreAdj, only when set', async (t) => {
  t.strictSame(steps('oom_score_adj'), []);
  t.strictSame(steps('oom_score_adj', { process: { oomScoreAdj: 0 } }), [
    { step: 'oom_score_adj', value: 0, pointer: '/process/oomScoreAdj' },
  ]);
  t.match(steps('oom_score_adj', { process: { oomScoreAdj: -1000n } }), [{ value: -1000 }]);
});

t.test('every CPU', async (t) => {
  t.strictSame(steps('affinity', { process: { execCPUAffinity: { initial: '0', final: '0' } } }), [
    { step: 'affinity', cpus: [], pointer: '' },
  ]);
});

t.test('the session keyring', async (t) => {
  t.strictSame(steps('session_keyring'), [
    { step: 'session_keyring', name: '_ses.c1', permissions: 0x80000, pointer: '' },
  ]);
  t.strictSame(steps('session_keyring', { options: { noNewKeyring: true } }), []);
});

t.test('the working directory', async (t) => {
  t.strictSame(steps('cwd_create', { process: { cwd: '/a/b' } }), [
    { step: 'cwd_create', path: '/a/b', pointer: '/process/cwd' },
  ]);
});

t.test('noNewPrivileges', async (t) => {
  t.strictSame(steps('no_new_privs', { process: { noNewPrivileges: true } }), [
    { step: 'no_new_privs', pointer: '/process/noNewPrivileges' },
  ]);
  t.strictSame(steps('no_new_privs', { process: { noNewPrivileges: false } }), []);
});

t.test('args and the fifo of `start`', async (t) => {
  const names = ['lookup', 'wait_start', 'execve'];
  const execve = { step: 'execve', args: ['sh', '-c', ''], pointer: '/process/args' };
  const lookup = { step: 'lookup', name: 'sh', pointer: '/process/args/0' };
  const process = { args: ['sh', '-c', ''] };
  const wait = { step: 'wait_start', fifo: { open: 'fifo' }, pointer: '' };
  t.strictSame(steps(names, { process }), [lookup, wait, execve]);
  t.strictSame(steps(names, { process, options: { start: 'reply' } }), [lookup, execve]);
});

t.test('stdio belongs to the user', async (t) => {
  t.strictSame(steps('stdio_owner', { process: { user: { uid: 7, gid: 8 } } }), [
    { step: 'stdio_owner', uid: 7, pointer: '/process/user/uid' },
  ]);
  t.match(steps('stdio_owner'), [{ uid: 0 }]);
});

t.test('hostname and domainname', async (t) => {
  const names = ['sethostname', 'setdomainname'];
  t.strictSame(steps(names, { config: { hostname: 'h', domainname: 'd' } }), [
    { step: 'sethostname', name: 'h', pointer: '/hostname' },
    { step: 'setdomainname', name: 'd', pointer: '/domainname' },
  ]);
  t.strictSame(steps(names, { config: { hostname: '' } }), []);
});

t.test('cgroups of v1 are joined by their tasks, that of v2 by clone3', async (t) => {
  const v1 = { version: 1, controllers: ['cpu'], mountpoint: '/cg/cpu', path: '/cg/cpu/x' } as const;
  const v2 = { version: 2, controllers: [], mountpoint: '/cg/u', path: '/cg/u/x' } as const;
  const tasks = [{ open: 'control', path: '/cg/cpu/x/tasks' }];
  t.strictSame(steps('cgroup_join', { cgroup: { mode: 'hybrid', directories: [v1, v2], limits: [] } }), [
    { step: 'cgroup_join', tasks, pointer: '/linux/cgroupsPath' },
  ]);
  t.strictSame(steps('cgroup_join', { cgroup: { mode: 'v2', directories: [v2], limits: [] } }), []);
});

t.test('readonlyPaths and maskedPaths', async (t) => {
  const linux = { readonlyPaths: ['/proc/sys', '/proc/bus'], maskedPaths: ['/proc/kcore'] };
  t.strictSame(steps(['readonly_path', 'masked_path'], { linux }), [
    { step: 'readonly_path', path: '/proc/sys', pointer: '/linux/readonlyPaths/0' },
    { step: 'readonly_path', path: '/proc/bus', pointer: '/linux/readonlyPaths/1' },
    { step: 'masked_path', path: '/proc/kcore', pointer: '/linux/maskedPaths/0' },
  ]);
});

t.test('personality', async (t) => {
  t.strictSame(steps('personality', { linux: { personality: { domain: 'LINUX32' } } }), [
    { step: 'personality', domain: 8, pointer: '/linux/personality' },
  ]);
});
