import t from 'tap';
import { exampleConfig } from '../../../src/oci/example.ts';
import { planContainer } from '../../../src/plan/container-plan.ts';
import { directory, facts, options, order } from '../../fakes/plan.ts';

const example = exampleConfig({ rootless: false, euid: 0, egid: 0, unifiedCgroup: false });

function exampleOrder(start: 'fifo' | 'reply'): string[] {
  const cgroup = { mode: 'hybrid', directories: [directory('memory', 'memory')], limits: [] } as const;
  const bundle = { path: '/bundle', rootfs: '/bundle/rootfs', config: example };
  return planContainer(bundle, facts, { ...options, start }, cgroup).steps.map(({ run }) => run.step);
}

/** "mount mount mount" → "mount*3" */
function counted(names: readonly string[]): string[] {
  return names.flatMap((name, index) => {
    if (names[index - 1] === name) return [];
    const end = names.findIndex((other, at) => at > index && other !== name);
    const count = (end < 0 ? names.length : end) - index;
    return [count > 1 ? `${name}*${count}` : name];
  });
}

const exampleSteps = [
  'cgroup_join',
  'affinity',
  'setsid',
  'session_keyring',
  'loopback_up',
  'parent_private',
  'root_attach',
  'propagation',
  'root_enter',
  'mount*7',
  'bind',
  'mount_setattr',
  'device*6',
  'symlink*6',
  'root_leave',
  'pivot_root',
  'terminal',
  'controlling_terminal',
  'cwd_create',
  'sethostname',
  `readonly_path*${example.linux?.readonlyPaths?.length}`,
  `masked_path*${example.linux?.maskedPaths?.length}`,
  'root_readonly',
  'umask',
  'no_new_privs',
  'environment',
  'rlimit',
  'stdio_owner',
  'credentials',
  'lookup',
  'ready',
];

t.test('the order for the example of `spec`', async (t) => {
  t.strictSame(counted(exampleOrder('fifo')), [...exampleSteps, 'wait_start', 'execve']);
  t.strictSame(counted(exampleOrder('reply')), [...exampleSteps, 'execve']);
});

const hook = { path: '/bin/hook' };

t.test('the order with one of everything', async (t) => {
  const steps = order({
    config: {
      hostname: 'h',
      domainname: 'd',
      root: { path: 'rootfs', readonly: true },
      hooks: {
        prestart: [hook],
        createRuntime: [hook],
        createContainer: [hook],
        startContainer: [hook],
        poststart: [hook],
        poststop: [hook],
      },
    },
    process: {
      noNewPrivileges: true,
      oomScoreAdj: 7,
      rlimits: [{ type: 'RLIMIT_CORE', soft: 0, hard: 0 }],
      scheduler: { policy: 'SCHED_BATCH' },
      ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 4 },
    },
    mounts: [
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['ro'] },
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/data', source: '/data', options: ['bind'] },
      { destination: '/proc', options: ['remount', 'nosuid'] },
    ],
    linux: {
      namespaces: [
        { type: 'mount' },
        { type: 'pid' },
        { type: 'network' },
        { type: 'cgroup' },
        { type: 'time' },
        { type: 'uts', path: '/ns/uts' },
        { type: 'ipc', path: '/ns/ipc' },
      ],
      devices: [{ path: '/dev/net/tun', type: 'c', major: 10, minor: 200 }],
      sysctl: { 'net.ipv4.ip_forward': '1' },
      rootfsPropagation: 'rshared',
      personality: { domain: 'LINUX' },
      memoryPolicy: { mode: 'MPOL_LOCAL' },
      maskedPaths: ['/proc/kcore'],
      readonlyPaths: ['/proc/sys'],
    },
    cgroup: { mode: 'v1', directories: [directory('memory', 'memory')], limits: [] },
  });
  t.strictSame(counted(steps), [
    'cgroup_join',
    'affinity',
    'oom_score_adj',
    'time_namespace',
    'setns*2',
    'unshare',
    'setsid',
    'session_keyring',
    'loopback_up',
    'parent_private',
    'root_attach',
    'propagation',
    'root_enter',
    'mount*2',
    'bind',
    'remount',
    'mkdir',
    'device*7',
    'symlink*6',
    'root_leave',
    'request',
    'hook',
    'pivot_root',
    'stdio_null',
    'cwd_create',
    'mount_setattr',
    'sethostname',
    'setdomainname',
    'sysctl',
    'readonly_path',
    'masked_path',
    'root_propagation',
    'root_readonly',
    'umask',
    'no_new_privs',
    'scheduler',
    'io_priority',
    'personality',
    'memory_policy',
    'environment',
    'rlimit',
    'stdio_owner',
    'credentials',
    'lookup',
    'ready',
    'wait_start',
    'hook',
    'execve',
  ]);
});

t.test('without a mount namespace and mounts: chroot only', async (t) => {
  const steps = order({ config: { root: { path: 'rootfs', readonly: true } }, linux: { namespaces: [] } });
  t.strictSame(counted(steps), [
    'affinity',
    'setsid',
    'session_keyring',
    'root_open',
    'chroot',
    'cwd_create',
    'environment',
    'stdio_owner',
    'credentials',
    'lookup',
    'ready',
    'wait_start',
    'execve',
  ]);
});
