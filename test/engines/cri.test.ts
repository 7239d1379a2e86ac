// containerd's CRI plugin with the runtime as the default one, and a network made by CNI plugins.
import t from 'tap';
import { assertNothingLeft, type Habits } from './check.ts';
import { Cri, type Message, type Pod } from './cri.ts';
import { missing, startCri } from './engine.ts';
import { type Host, makeHost } from './host.ts';
import { type Name, runtime } from './runtime.ts';

/** A pod of one container that ends: what it is, what it must have printed. */
interface Check {
  readonly name: string;
  readonly pod?: Message;
  readonly container?: Message;
  readonly command: readonly string[];
  readonly log?: string | RegExp;
  /** 0 when absent */
  readonly exitCode?: number;
  readonly reason?: string;
  readonly cannot?: Partial<Record<Name | 'either', string>>;
}

const sh = (script: string) => ['sh', '-c', script];
const security = (security_context: Message) => ({ linux: { security_context } });
const resources = (resources: Message) => ({ linux: { resources } });

const checks: readonly Check[] = [
  { name: 'the output', command: sh('echo out; echo err >&2'), log: /out\n/ },
  { name: 'the exit status', command: sh('exit 42'), exitCode: 42, reason: 'Error' },
  {
    name: 'command, args, working_dir, envs',
    command: ['sh'],
    container: { args: ['-c', 'pwd; echo $A'], working_dir: '/tmp', envs: [{ key: 'A', value: Buffer.from('b') }] },
    log: '/tmp\nb\n',
  },
  { name: 'a terminal', command: ['tty'], container: { tty: true }, log: /\/dev\/pts\/0/ },
  {
    name: 'resources',
    command: sh(
      'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares cpuset/cpuset.cpus; cat /proc/self/oom_score_adj',
    ),
    container: resources({
      memory_limit_in_bytes: 67108864,
      cpu_quota: 50000,
      cpu_period: 100000,
      cpu_shares: 512,
      cpuset_cpus: '0',
      oom_score_adj: 100,
    }),
    log: '67108864\n50000\n512\n0\n100\n',
  },
  {
    name: 'out of memory',
    command: sh('sleep 2; x=x; while :; do x=$x$x; done'),
    container: resources({ memory_limit_in_bytes: 16777216 }),
    exitCode: 137,
    reason: 'OOMKilled',
  },
  {
    name: 'run_as_user, run_as_group, supplemental_groups',
    command: ['id'],
    container: security({ run_as_user: { value: 7 }, run_as_group: { value: 8 }, supplemental_groups: [9] }),
    log: /uid=7 gid=8 groups=8,9|uid=7 gid=8 groups=9/,
  },
  { name: 'run_as_username', command: ['id', '-u'], container: security({ run_as_username: 'user' }), log: '1000\n' },
  {
    name: 'capabilities: dropped',
    command: ['grep', 'CapEff', '/proc/self/status'],
    container: security({ capabilities: { drop_capabilities: ['ALL'] } }),
    log: 'CapEff:\t0000000000000000\n',
  },
  {
    name: 'capabilities: added',
    command: ['grep', 'CapEff', '/proc/self/status'],
    container: security({ capabilities: { drop_capabilities: ['ALL'], add_capabilities: ['NET_ADMIN', 'CHOWN'] } }),
    log: 'CapEff:\t0000000000001001\n',
  },
  {
    name: 'no_new_privs',
    command: ['grep', 'NoNewPrivs', '/proc/self/status'],
    container: security({ no_new_privs: true }),
    log: 'NoNewPrivs:\t1\n',
  },
  {
    name: 'privileged',
    command: sh('mount -t tmpfs tmpfs /tmp && echo mounted; ls /dev/loop0; grep Seccomp: /proc/self/status'),
    pod: security({ privileged: true }),
    container: security({ privileged: true }),
    log: 'mounted\n/dev/loop0\nSeccomp:\t0\n',
  },
  {
    name: 'seccomp: RuntimeDefault',
    command: ['grep', 'Seccomp:', '/proc/self/status'],
    container: security({ seccomp: { profile_type: 'RuntimeDefault' } }),
    log: 'Seccomp:\t2\n',
  },
  {
    name: 'seccomp: Unconfined',
    command: ['grep', 'Seccomp:', '/proc/self/status'],
    container: security({ seccomp: { profile_type: 'Unconfined' } }),
    log: 'Seccomp:\t0\n',
  },
  {
    name: 'seccomp: Localhost',
    command: ['mkdir', '/x'],
    container: security({ seccomp: { profile_type: 'Localhost', localhost_ref: '/run/shared/profile' } }),
    exitCode: 1,
    log: /not supported/i,
  },
  {
    name: 'readonly_rootfs',
    command: sh('touch /x 2>/dev/null || echo read-only'),
    container: security({ readonly_rootfs: true }),
    log: 'read-only\n',
  },
  {
    name: 'masked_paths, readonly_paths',
    command: sh('wc -c </etc/passwd; touch /tmp/x 2>/dev/null || echo read-only'),
    container: security({ masked_paths: ['/etc/passwd'], readonly_paths: ['/tmp'] }),
    log: '0\nread-only\n',
  },
  {
    name: 'mounts',
    command: sh('cat /tree/file; touch /tree/x 2>/dev/null || echo read-only'),
    container: { mounts: [{ container_path: '/tree', host_path: '/run/shared/tree', readonly: true }] },
    log: 'text\nread-only\n',
  },
  {
    name: 'devices',
    command: sh(
      'stat -c %t:%T /dev/other; head -c 0 /dev/other && echo read; sh -c "echo >/dev/other" 2>/dev/null || echo refused',
    ),
    container: { devices: [{ container_path: '/dev/other', host_path: '/dev/loop0', permissions: 'r' }] },
    log: '7:0\nread\nrefused\n',
  },
  {
    name: 'sysctls',
    command: ['cat', '/proc/sys/kernel/msgmax', '/proc/sys/net/ipv4/ip_forward'],
    pod: {
      linux: {
        sysctls: { 'kernel.msgmax': '9999', 'net.ipv4.ip_forward': '1' },
        security_context: { namespace_options: { network: 'POD' } },
      },
    },
    log: '9999\n1\n',
  },
  {
    name: 'hostname',
    command: ['hostname'],
    pod: { hostname: 'other', linux: { security_context: { namespace_options: { network: 'POD' } } } },
    log: 'other\n',
  },
  {
    name: 'cgroup_parent',
    command: sh('grep -c ":memory:/.*parent/" /proc/self/cgroup'),
    pod: { linux: { cgroup_parent: '/parent', security_context: { namespace_options: { pid: 'NODE' } } } },
    log: '1\n',
  },
  {
    name: 'namespace modes: NODE',
    command: sh(
      'ps -o args | grep -c "^containerd"; readlink /proc/self/ns/net | cmp - /shared/net && readlink /proc/self/ns/ipc | cmp - /shared/ipc && echo same',
    ),
    pod: security({ namespace_options: { network: 'NODE', pid: 'NODE', ipc: 'NODE' } }),
    container: { mounts: [{ container_path: '/shared', host_path: '/run/shared' }] },
    log: /^[1-9]\d*\nsame\n$/,
  },
  {
    name: 'namespace modes: pid of the POD',
    command: sh('test $$ != 1 && ps -o args | grep -c "[s]leep 2147483647"'),
    pod: security({ namespace_options: { pid: 'POD' } }),
    log: /^[1-9]/,
  },
];

/** What takes more than one call: name → what a pod is asked, with a pod config where it matters. */
const talks: readonly {
  readonly name: string;
  readonly pod?: Message;
  readonly talk: (t: Tap, pod: Pod, cri: Cri, host: Host) => Promise<void>;
}[] = [
  {
    name: 'the states of a container',
    talk: async (t, pod, cri) => {
      const container_id = await pod.create(['sleep', '1000']);
      t.equal((await pod.status(container_id)).state, 'CONTAINER_CREATED');
      await cri.call('StartContainer', { container_id });
      t.equal((await pod.status(container_id)).state, 'CONTAINER_RUNNING');
      await cri.call('StopContainer', { container_id, timeout: 0 });
      t.match(await pod.status(container_id), { state: 'CONTAINER_EXITED', exit_code: 137 });
    },
  },
  {
    name: 'StopContainer: TERM first',
    talk: async (t, pod, cri) => {
      const container_id = await pod.run(sh('trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'));
      for (let i = 0; i < 100 && pod.log(container_id) === ''; i++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      await cri.call('StopContainer', { container_id, timeout: 20 });
      t.equal((await pod.status(container_id)).exit_code, 5);
    },
  },
  {
    name: 'StartContainer: not found',
    talk: async (t, pod, cri) => {
      const container_id = await pod.create(['nothing']);
      await t.rejects(cri.call('StartContainer', { container_id }), /executable file not found in \$PATH/);
      t.match(await pod.status(container_id), { state: 'CONTAINER_EXITED', reason: 'StartError', exit_code: 128 });
    },
  },
  {
    name: 'ExecSync',
    talk: async (t, pod) => {
      const id = await pod.run(['sleep', '1000']);
      t.strictSame(await pod.exec(id, sh('echo out; exit 9')), { stdout: 'out\n', exit_code: 9 });
      await t.rejects(pod.exec(id, ['nothing']), /executable file not found in \$PATH/);
      await t.rejects(pod.exec(id, ['sleep', '100'], 1), /timeout/);
    },
  },
  {
    name: 'Exec',
    talk: async (t, pod, cri) => {
      const container_id = await pod.run(['sleep', '1000']);
      const exec = { container_id, stdout: true, stderr: true };
      const plain = await cri.call('Exec', { ...exec, cmd: sh('echo out; echo err >&2; exit 3') });
      const [, out, err, end] = await cri.stream(plain.url);
      t.strictSame([out, err], ['out\n', 'err\n']);
      t.match(end, /"ExitCode","message":"3"|exit code 3/);
      const input = await cri.call('Exec', { ...exec, stdin: true, cmd: ['head', '-1'] });
      t.equal((await cri.stream(input.url, [[0, 'text\n']]))[1], 'text\n');
      // the size is set beside the input, not before it
      const terminal = await cri.call('Exec', {
        ...exec,
        stderr: false,
        stdin: true,
        tty: true,
        cmd: sh('read x; until stty size | grep 77; do sleep 0.1; done; tty'),
      });
      const [, seen] = await cri.stream(terminal.url, [
        [4, '{"Width":77,"Height":33}'],
        [0, '\n'],
      ]);
      t.match(seen, /33 77\r\n\/dev\/pts\/\d\r\n/);
    },
  },
  {
    name: 'Attach',
    talk: async (t, pod, cri) => {
      const container_id = await pod.run(sh('read x; echo got $x'), { stdin: true, stdin_once: true });
      const { url } = await cri.call('Attach', { container_id, stdin: true, stdout: true, stderr: true });
      t.equal((await cri.stream(url, [[0, 'text\n']]))[1], 'got text\n');
      await pod.ended(container_id);
      t.equal(pod.log(container_id), 'got text\n');
    },
  },
  {
    name: 'Attach: a terminal and its size',
    talk: async (t, pod, cri) => {
      const container_id = await pod.run(sh('read x; until stty size | grep 77; do sleep 0.1; done; tty'), {
        stdin: true,
        tty: true,
      });
      const { url } = await cri.call('Attach', { container_id, stdin: true, stdout: true, tty: true });
      const [, seen] = await cri.stream(url, [
        [4, '{"Width":77,"Height":33}'],
        [0, '\n'],
      ]);
      t.match(seen, /33 77\r\n\/dev\/pts\/0\r\n/);
    },
  },
  {
    name: 'UpdateContainerResources',
    talk: async (t, pod, cri) => {
      const container_id = await pod.run(
        ['sleep', '1000'],
        resources({ memory_limit_in_bytes: 67108864, cpu_shares: 512 }),
      );
      await cri.call('UpdateContainerResources', {
        container_id,
        linux: { memory_limit_in_bytes: 134217728, cpu_shares: 256, cpu_quota: 50000, cpu_period: 100000 },
      });
      const { stdout } = await pod.exec(
        container_id,
        sh(
          'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.shares cpu/cpu.cfs_quota_us; head -c 4 /dev/zero | wc -c; echo x >/dev/null',
        ),
      );
      t.equal(stdout, '134217728\n256\n50000\n4\n', 'devices are left alone');
    },
  },
  {
    name: 'ContainerStats',
    talk: async (t, pod, cri) => {
      const container_id = await pod.run(['sleep', '1000']);
      const { stats } = await cri.call('ContainerStats', { container_id });
      t.ok(stats.memory.working_set_bytes.value > 0);
      t.ok(stats.cpu.usage_core_nano_seconds.value > 0);
    },
  },
  {
    name: 'PodSandboxStats',
    pod: { linux: { cgroup_parent: '/parent' } },
    talk: async (t, pod, cri) => {
      await pod.run(sh('sleep 1000 & sleep 1000 & wait'));
      const { stats } = await cri.call('PodSandboxStats', { pod_sandbox_id: pod.id });
      t.ok(stats.linux.memory.working_set_bytes.value > 0);
      t.ok(stats.linux.process.process_count.value > 1, 'processes of the sandbox and of its containers');
      t.equal(stats.linux.containers.length, 1);
    },
  },
  {
    name: 'a runtime handler: BinaryName and Root',
    talk: async (t, _pod, cri, host) => {
      const pod = await cri.pod({}, 'elsewhere');
      t.teardown(() => pod.remove());
      const id = await pod.run(['sleep', '1000']);
      const known = host.told('noci --root /run/elsewhere/k8s.io list -q').trim().split('\n');
      t.strictSame(new Set(known), new Set([id, pod.id]));
    },
  },
  {
    name: 'ReopenContainerLog',
    talk: async (t, pod, cri, host) => {
      const container_id = await pod.run(sh('echo one; read x </go; echo two'), {
        mounts: [{ container_path: '/go', host_path: '/run/shared/go' }],
      });
      for (let i = 0; i < 100 && pod.log(container_id) === ''; i++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      host.told(`mv ${pod.config.log_directory}/container-0.log old`);
      await cri.call('ReopenContainerLog', { container_id });
      host.told('echo >go');
      await pod.ended(container_id);
      t.equal(pod.log(container_id), 'two\n');
    },
  },
  {
    name: 'namespace modes: TARGET',
    talk: async (t, pod) => {
      const target_id = await pod.run(['sleep', '4242']);
      const id = await pod.run(
        sh('ps -o args | grep -c "^sleep 4242"'),
        security({ namespace_options: { pid: 'TARGET', target_id } }),
      );
      await pod.ended(id);
      t.equal(pod.log(id), '1\n');
    },
  },
  {
    name: 'every process ends with a container of the pids of NODE',
    pod: security({ namespace_options: { pid: 'NODE' } }),
    talk: async (t, pod, cri, host) => {
      const container_id = await pod.run(sh('sleep 4242 & sleep 4242 & echo ready; wait'));
      await cri.call('StopContainer', { container_id, timeout: 0 });
      t.equal(host.told('await \'! ps -eo args | grep "^sleep 4242"\''), '');
    },
  },
  {
    name: 'mount propagation',
    pod: security({ privileged: true }),
    talk: async (t, pod, _cri, host) => {
      const mount = (name: string, propagation: string) => ({
        container_path: `/${name}`,
        host_path: '/run/shared/mounts',
        propagation,
      });
      const mounts = [
        mount('private', 'PROPAGATION_PRIVATE'),
        mount('slave', 'PROPAGATION_HOST_TO_CONTAINER'),
        mount('shared', 'PROPAGATION_BIDIRECTIONAL'),
      ];
      const id = await pod.run(['sleep', '1000'], { mounts, ...security({ privileged: true }) });
      host.told('mount -t tmpfs tmpfs mounts/late; touch mounts/late/file');
      t.equal(
        (await pod.exec(id, sh('ls /private/late /slave/late /shared/late'))).stdout,
        '/private/late:\n\n/shared/late:\nfile\n\n/slave/late:\nfile\n',
      );
      await pod.exec(id, sh('mkdir /shared/back; mount -t tmpfs tmpfs /shared/back; touch /shared/back/file'));
      t.equal(host.told('ls mounts/back; umount mounts/back mounts/late; rmdir mounts/back'), 'file\n');
    },
  },
  {
    name: 'a pod on the network of CNI plugins',
    pod: {
      port_mappings: [{ container_port: 80, host_port: 9999 }],
      linux: { security_context: { namespace_options: { network: 'POD' } } },
    },
    talk: async (t, pod, cri, host) => {
      const { status } = await cri.call('PodSandboxStatus', { pod_sandbox_id: pod.id });
      t.match(status.network.ip, /^10\.77\.0\.\d+$/);
      await pod.run(sh('mkdir /w; echo page >/w/x; httpd -f -p 80 -h /w'));
      const other = await cri.pod({ linux: { security_context: { namespace_options: { network: 'POD' } } } });
      const id = await other.run(sh(`until wget -qO- http://${status.network.ip}/x; do sleep 0.1; done`));
      await other.ended(id);
      t.equal(other.log(id), 'page\n');
      await other.remove();
      t.equal(host.told(`busybox wget -qO- http://${status.network.ip}:80/x`), 'page\n');
    },
  },
  {
    name: 'eight containers at once',
    talk: async (t, pod) => {
      const ids = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          pod.run(['echo', String(i)], { metadata: { name: `c${i}` }, log_path: '' }),
        ),
      );
      const ended = await Promise.all(ids.map((id) => pod.ended(id)));
      t.strictSame(new Set(ended.map(({ exit_code }) => exit_code)), new Set([0]));
    },
  },
];

type Tap = typeof t;

const habits: Habits = {
  tidy: '',
  // containerd's sockets and folders, the bridge and the addresses of the plugins, logs, the parent of cgroups that a pod was given;
  // compiled filters, which are for the next container
  keeps:
    /^\/run\/containerd\/(s\/|io\.containerd\.grpc\.v1\.cri\/(containers|netns)$)|^\/run\/(cni|elsewhere)\b|^\/run\/shared\/|^cni0$|\/@seccomp|\/parent$/,
};

t.test('CRI', { skip: missing('containerd', 'ctr', 'runc'), timeout: 900_000 }, async (t) => {
  const host = makeHost(t);
  host.write(
    '/run/shared/profile',
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 95 }],
    }),
  );
  host.told(
    'mkdir -p tree mounts/late; echo text >tree/file; mkfifo go; for space in net ipc; do readlink /proc/self/ns/$space >$space; done',
  );
  startCri(host);
  const cri = new Cri(host);
  t.teardown(() => cri.close());
  // the first pod makes folders that stay
  await (await cri.pod()).remove();
  const before = host.remains();
  for (const check of checks) {
    const { name, cannot = {} } = check;
    const reason = cannot.either ?? cannot[runtime.name] ?? false;
    await t.test(name, { skip: reason && `${name}: ${reason}` }, async (t) => {
      const pod = await cri.pod(check.pod);
      t.teardown(() => pod.remove());
      const id = await pod.run(check.command, check.container);
      const { exit_code, reason } = await pod.ended(id);
      t.equal(exit_code, check.exitCode ?? 0, 'exit status');
      t.equal(reason, check.reason ?? (exit_code === 0 ? 'Completed' : 'Error'), 'reason');
      if (typeof check.log === 'string') t.equal(pod.log(id), check.log, 'log');
      else if (check.log !== undefined) t.match(pod.log(id), check.log, 'log');
    });
  }
  for (const { name, pod: config, talk } of talks) {
    await t.test(name, async (t) => {
      const pod = await cri.pod(config);
      t.teardown(() => pod.remove());
      await talk(t as Tap, pod, cri, host);
    });
  }
  await t.test('nothing is left', async (t) => assertNothingLeft(t, host, before, habits));
});
