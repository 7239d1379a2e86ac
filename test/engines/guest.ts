// docs/install.md walked in a guest: a Debian with systemd and cgroup v2 alone, whose engines come from its own packages and know
// noci by nothing but the package and the files that the documentation shows. ./guest.sh starts it.
import { spawnSync } from 'node:child_process';
import t from 'tap';
import type { Check } from './check.ts';
import { Cri } from './cri.ts';
import type { Host } from './host.ts';

const minutes = 60_000;
const box = 'localhost/box:1';

/** The guest itself, as ./host.ts makes one of namespaces. */
const host: Pick<Host, 'pid' | 'shared' | 'run' | 'told'> = {
  pid: 1,
  shared: '/run/shared',
  run(script, timeout = 10 * minutes) {
    const { status, stdout, stderr } = spawnSync('sh', ['-euc', script], {
      cwd: '/noci',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      timeout,
      killSignal: 'SIGKILL',
    });
    return { status, stdout, stderr };
  },
  told(script) {
    const { status, stdout, stderr } = host.run(script);
    if (status !== 0) throw new Error(`${script}: status ${status}, ${stderr}`);
    return stdout;
  },
};

/** Checks one after the other: each begins with what the one before has installed. */
async function walk(checks: readonly Check[]): Promise<void> {
  for (const check of checks) {
    await t.test(check.name, async (t) => {
      const { status, stdout, stderr } = host.run(check.run);
      const answer = { command: check.run, printed: stdout, complained: stderr };
      t.equal(status, check.status ?? 0, 'exit status', answer);
      const { stdout: expected = '' } = check;
      if (typeof expected === 'string') t.equal(stdout, expected, 'stdout', answer);
      else t.match(stdout, expected, 'stdout', answer);
    });
  }
}

const daemon = (more: string) => `jq '. + ${more}' docs/install/daemon.json >/etc/docker/daemon.json`;
const limits = 'cat /proc/self/cgroup; cd /sys/fs/cgroup; cat memory.max cpu.max pids.max';

const docker: readonly Check[] = [
  { name: 'dpkg -i', run: 'dpkg -i dist/*.deb >/dev/null; noci --version', stdout: /^noci version / },
  {
    name: 'Docker: systemctl reload',
    run: `systemctl start docker; docker info -f '{{.DefaultRuntime}}'; mkdir -p /etc/docker; cp docs/install/daemon.json /etc/docker
systemctl reload docker; for i in $(seq 300); do docker info 2>&1 | grep 'Default Runtime: noci' && break; sleep 0.2; done
docker info -f '{{.CgroupDriver}} {{.CgroupVersion}}'; docker load -q -i image.tar`,
    stdout: /^runc\n Default Runtime: noci\nsystemd 2\n/,
  },
  {
    name: 'Docker: limits, AppArmor, a network',
    run: `docker run --rm -m 64m --cpus .5 --pids-limit 77 ${box} sh -c '${limits}; cat /proc/self/attr/current; ip -o link | grep -c eth0'`,
    stdout: '0::/\n67108864\n50000 100000\n77\ndocker-default (enforce)\n1\n',
  },
  {
    name: 'Docker: a scope of systemd, update, exec, restart',
    run: `id=$(docker run -d -m 64m ${box} sleep 1000); show() { systemctl show -p ActiveState,MemoryMax docker-$id.scope; }; show
docker update -m 128m --memory-swap 256m $id >/dev/null; show; docker exec $id cat /sys/fs/cgroup/memory.max
docker restart -t 0 $id >/dev/null; docker exec $id echo again; docker rm -f $id >/dev/null; show | grep Active`,
    stdout:
      'MemoryMax=67108864\nActiveState=active\nMemoryMax=134217728\nActiveState=active\n134217728\nagain\nActiveState=inactive\n',
  },
  {
    name: 'Docker: --privileged, every capability',
    run: `docker run --rm --privileged ${box} grep CapEff /proc/self/status | cut -f2 | cmp - - && docker run --rm --privileged ${box} sh -c 'grep -c . /proc/self/status >/dev/null; test -e /dev/vda && echo devices'`,
    stdout: 'devices\n',
  },
  {
    name: 'Docker: live-restore',
    run: `${daemon('{"live-restore": true}')}; systemctl restart docker; docker run -d --name one ${box} sleep 1000 >/dev/null; before=$(docker inspect -f '{{.State.Pid}}' one)
systemctl restart docker; systemctl kill -s KILL docker; systemctl reset-failed docker; systemctl start docker
[ $before = $(docker inspect -f '{{.State.Pid}}' one) ]; docker exec one echo lives; docker rm -f one`,
    stdout: 'lives\none\n',
  },
  {
    name: 'Docker: userns-remap',
    run: `${daemon('{"userns-remap": "user"}')}; systemctl restart docker; docker load -q -i image.tar >/dev/null
docker run --rm -m 64m ${box} sh -c 'awk "{print \\$1, \\$2}" /proc/self/uid_map; cat /sys/fs/cgroup/memory.max; touch /file && stat -c %u /file'; docker run -d --name one ${box} sleep 1000 >/dev/null
docker exec one id -u; ps -o uid= -p $(docker inspect -f '{{.State.Pid}}' one) | xargs; docker rm -f one`,
    stdout: '0 100000\n67108864\n0\n0\n100000\none\n',
  },
];

await walk(docker);

/** A pod as a kubelet with `cgroupDriver: systemd` makes them. */
const slice = 'kubepods-burstable-podnoci.slice';
const probes = 200;
const atOnce = 4;

await walk([
  {
    name: 'containerd: ctr',
    run: `systemctl stop docker docker.socket 2>/dev/null; systemctl start containerd; ctr image import image.tar >/dev/null; ctr run --rm --runc-binary /usr/bin/noci ${box} one echo hello`,
    stdout: 'hello\n',
  },
  {
    // what is documented goes below what Debian's file says, whose version tells which of the two it is
    name: 'containerd: systemctl restart',
    run: `grep -x 'version = 2' /etc/containerd/config.toml; grep -v '^version' docs/install/containerd-1.toml >>/etc/containerd/config.toml
sed -i 's/^ *\\[plugins."io.containerd.grpc.v1.cri"\\]/&\\nsandbox_image = "localhost\\/pause:1"/' /etc/containerd/config.toml; systemctl restart containerd
ctr -n k8s.io image import image.tar >/dev/null; mkdir -p /run/shared; ln -sf /run/containerd/containerd.sock /run/shared/containerd.sock`,
    stdout: 'version = 2\n',
  },
]);

await t.test('CRI: a pod below a slice of systemd', async (t) => {
  const cri = new Cri(host as Host);
  t.teardown(() => cri.close());
  const change = { linux: { cgroup_parent: slice } };
  for (const handler of ['', 'noci']) {
    const pod = await cri.pod(change, handler);
    const container_id = await pod.run(['sleep', '1000'], {
      linux: { resources: { memory_limit_in_bytes: 67108864 } },
    });
    const told = (property: string) =>
      host.told(`systemctl show -P ${property} cri-containerd-${container_id}.scope`).trim();
    t.equal(told('Slice'), slice);
    t.equal(told('MemoryMax'), '67108864');
    const linux = { memory_limit_in_bytes: 134217728, cpu_shares: 256, cpu_quota: 50000, cpu_period: 100000 };
    await cri.call('UpdateContainerResources', { container_id, linux });
    t.equal(told('MemoryMax'), '134217728');
    const files = 'cd /sys/fs/cgroup; cat memory.max cpu.max; head -c 4 /dev/zero | wc -c';
    t.equal((await pod.exec(container_id, ['sh', '-c', files])).stdout, '134217728\n50000 100000\n4\n');
    if (handler === 'noci') {
      let wrong = 0;
      const probe = async () => {
        const { exit_code, stdout } = await pod.exec(container_id, ['echo', 'well'], 600);
        if (exit_code !== 0 || stdout !== 'well\n') wrong++;
      };
      for (let i = 0; i < probes; i += atOnce) await Promise.all(Array.from({ length: atOnce }, probe));
      t.equal(wrong, 0, `${probes} probes`);
      t.equal((await pod.exec(container_id, ['sh', '-c', 'ps | grep -c "[e]cho" || true'])).stdout, '0\n');
    }
    t.match(host.told('noci --root /run/containerd/runc/k8s.io list -q'), container_id);
    await pod.remove();
    t.equal(told('ActiveState'), 'inactive');
  }
  t.equal(host.told('noci --root /run/containerd/runc/k8s.io list -q'), '');
});
