import t from 'tap';
import { ociVersion } from '../../../src/oci/version.ts';
import { type Changes, steps } from '../../fakes/plan.ts';

const names = ['request', 'hook'];

t.test('init waits for the hooks of the runtime, when there are any', async (t) => {
  const request = { step: 'request', what: 'hooks' };
  const hook = { path: '/h' };
  t.strictSame(steps(names, { config: { hooks: { prestart: [hook], createRuntime: [hook] } } }), [
    { ...request, pointer: '/hooks/prestart' },
  ]);
  t.strictSame(steps(names, { config: { hooks: { prestart: [], createRuntime: [hook] } } }), [
    { ...request, pointer: '/hooks/createRuntime' },
  ]);
  t.strictSame(steps(names, { config: { hooks: { prestart: [], poststart: [hook], poststop: [hook] } } }), []);
});

const createContainer: Changes = {
  config: {
    annotations: { note: '%PID% "x"' },
    hooks: { createContainer: [{ path: '/h', args: ['h', '-x'], env: ['A=1'], timeout: 2 }, { path: '/i' }] },
  },
};

const startContainer: Changes = {
  config: { hooks: { startContainer: [{ path: '/h' }, { path: '/i', env: [], timeout: 1n }] } },
};

t.test('createContainer: in the root of the host, with no environment but its own', async (t) => {
  const state =
    `{"ociVersion":"${ociVersion}","id":"c1","status":"creating","pid":%PID%,` +
    '"bundle":"/bundle","annotations":{"note":"%PID% \\"x\\""}}';
  const hook = { step: 'hook', kind: 'createContainer', inheritEnv: 0, state, cwd: '/bundle/rootfs' };
  t.strictSame(steps(names, createContainer), [
    {
      ...hook,
      index: 0,
      path: '/h',
      args: ['h', '-x'],
      env: ['A=1'],
      timeout: 2000,
      pointer: '/hooks/createContainer/0',
    },
    { ...hook, index: 1, path: '/i', args: ['/i'], env: [], timeout: 0, pointer: '/hooks/createContainer/1' },
  ]);
});

t.test('startContainer: where the process is, with its environment unless the hook has one', async (t) => {
  const state = `{"ociVersion":"${ociVersion}","id":"c1","status":"created","pid":%PID%,"bundle":"/bundle"}`;
  const hook = { step: 'hook', kind: 'startContainer', env: [], state, cwd: '' };
  t.strictSame(steps(names, startContainer), [
    { ...hook, index: 0, path: '/h', args: ['/h'], inheritEnv: 1, timeout: 0, pointer: '/hooks/startContainer/0' },
    { ...hook, index: 1, path: '/i', args: ['/i'], inheritEnv: 0, timeout: 1000, pointer: '/hooks/startContainer/1' },
  ]);
});

t.test('the state is JSON once the pid is in it', async (t) => {
  for (const changes of [createContainer, startContainer]) {
    const [first] = steps('hook', changes) as [{ state: string }];
    t.match(JSON.parse(first.state.replace('%PID%', '1')), { id: 'c1', pid: 1, bundle: '/bundle' });
  }
});
