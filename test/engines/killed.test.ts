// Daemons and shims are killed while containers come and go beside others that stay: none that stays is lost, and nothing is left of
// the others. `npm run test:engines:stress` makes two hundred of them with each engine.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { assertNothingLeft } from './check.ts';
import type { Message, Pod } from './cri.ts';
import { makeCriHost, onNetwork } from './cri-pods.ts';
import { missing, startCriAgain, startDocker, startDockerAgain, startPodman } from './engine.ts';
import { type Host, makeHost } from './host.ts';

/** NOCI_STRESS: how many come and go. */
const { NOCI_STRESS } = process.env;
const count = Number(NOCI_STRESS ?? 24);
/** What engines leave half made when they die is theirs, and takes them minutes to sort out where processors are busy. */
const named = NOCI_STRESS === undefined && 'npm run test:engines:stress has it';
const width = 8;
/** Daemons are killed when so many more of them have gone. */
const step = Math.ceil(count / 5);
const standing = 6;
const box = 'localhost/box:1';
const timeout = 300_000 + count * 10_000;
/** Of a single thing that is waited for, in ms. */
const patience = 180_000;

/**
 * What daemons make for themselves and forget when they are killed, compiled filters for the next container. What the runtime made
 * must go: cgroups, processes, their mounts, its state in /run/docker/runtime-runc, /run/containerd/runc and /run/noci.
 */
const keeps = {
  docker: /^\/run\/docker\/(netns|libnetwork|containerd)\/|^\/var\/lib\/docker\/|^\/run\/containerd\/s\/|\/@seccomp/,
  podman: /\/@seccomp/,
  cri: /^\/run\/containerd\/(s|io\.containerd\.[\w.]+)\/|^\/run\/cni\/|^\/run\/shared\/|\/@seccomp/,
};

/** Waits for the thing itself. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const begin = Date.now(); !(await holds()); ) {
    if (Date.now() - begin > patience) throw new Error(`${what}: not within ${patience / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** By name, which is safe: the host has pids of its own. Waits until nobody has the pid, which a pid file may name. */
async function kill(host: Host, name: string): Promise<void> {
  // the oldest: one that it is just starting has its name still
  const pid = host.told(`pgrep -o -x ${name}`).trim();
  host.told(`kill -9 ${pid}`);
  await until(`the end of ${name}`, () => host.run(`test -e /proc/${pid}`).status === 1);
}

/**
 * A daemon that dies takes its call of the runtime with it, which leaves a shim that nobody knows and what the runtime had begun to
 * make. Without such shims the next daemon has it removed by the runtime.
 */
const orphan = (host: Host) => host.told('pgrep -x containerd-shim | xargs -r kill -9');

/** The names of those that stay, each with its first process. */
const dockerPids = (host: Host) =>
  host.told("docker ps -q --filter name=stands | xargs docker inspect -f '{{.Name}} {{.State.Pid}}' | sort");

/** Each says its number: who is interrupted by the death of a daemon removes what is half made and begins again. */
const crowd = `cd /run/shared
cat >one-of-many <<'END'
for attempt in $(seq 200); do
  printed=$(timeout 60 docker run --rm --name many-$1 --network none ${box} echo $1 2>>errors)
  if [ "$?/$printed" = "0/$1" ]; then
    echo $1 >>gone
    exit
  fi
  echo again >>interrupted
  timeout 60 docker rm -f many-$1 >/dev/null 2>&1
  sleep 0.2
done
END
seq ${count} | xargs -P ${width} -n 1 sh one-of-many
touch ended`;

function linesOf(host: Host, file: string): string[] {
  const path = join(host.shared, file);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}

t.test('docker: daemons and shims are killed', { skip: named || missing('dockerd', 'docker'), timeout }, async (t) => {
  const host = makeHost(t);
  startDocker(host);
  const before = host.remains();
  for (let i = 0; i < standing; i++)
    host.told(`docker run -d --name stands-${i} ${i % 2 ? '--memory 64m' : '--network none'} ${box} sleep 100000`);
  const pids = dockerPids(host);
  host.write('/run/shared/crowd', crowd);
  host.start('crowd', 'sh /run/shared/crowd');
  for (const [round, name] of ['dockerd', 'containerd', 'dockerd', 'containerd'].entries()) {
    await until('containers come and go', () => linesOf(host, 'gone').length >= step * (round + 1));
    await kill(host, name);
    // which starts its containerd, also when that has died
    if (name === 'dockerd') startDockerAgain(host);
    await until(`an answer after ${name}`, () => host.run('docker exec stands-0 true').status === 0);
    t.equal(dockerPids(host), pids, `${name} is killed: all that stay are the same`);
  }
  await until('the end of the crowd', () => existsSync(join(host.shared, 'ended')));
  t.equal(new Set(linesOf(host, 'gone')).size, count, 'each had its turn', { errors: linesOf(host, 'errors') });
  t.comment(`${linesOf(host, 'interrupted').length} were interrupted`);
  for (let i = 0; i < standing; i++)
    t.equal(host.run(`docker exec stands-${i} echo alive`).stdout, 'alive\n', `stands-${i} can be asked`);

  const [victim = ''] = /\d+$/m.exec(pids) ?? [];
  const id = host.told("docker inspect -f '{{.ID}}' stands-0").trim();
  host.told(`kill -9 $(ps -o ppid= -p ${victim})`);
  await until('docker knows', () => host.told("docker inspect -f '{{.State.Running}}' stands-0") === 'false\n');
  const traces = `ls -d /proc/${victim} /run/docker/runtime-runc/moby/${id} 2>/dev/null || true`;
  t.equal(host.told(traces), '', 'a shim is killed: its container has ended');
  t.equal(dockerPids(host), pids.split('\n').slice(1).join('\n'), 'the others live');
  host.told('docker ps -aq | xargs docker rm -f');
  orphan(host);
  await kill(host, 'dockerd');
  startDockerAgain(host);
  await assertNothingLeft(t, host, before, { tidy: '', keeps: keeps.docker });
});

t.test('CRI: daemon and shims are killed', { skip: named || missing('containerd', 'ctr'), timeout }, async (t) => {
  const { host, cri, before } = await makeCriHost(t);
  const stay: { readonly pod: Pod; readonly id: string }[] = [];
  for (let i = 0; i < standing; i++) {
    const pod = await cri.pod(i % 2 ? onNetwork : {});
    stay.push({ pod, id: await pod.run(['sleep', '100000']) });
  }
  /** Their first processes. */
  const pidsOf = (some: typeof stay) => {
    const tasks = host.told('ctr -a /run/shared/containerd.sock -n k8s.io task ls').split('\n');
    return some.map(({ id }) => tasks.find((task) => task.startsWith(id))?.split(/\s+/)[1] ?? '');
  };
  const pids = pidsOf(stay);

  let gone = 0;
  let left = count;
  let interrupted = 0;
  const comeAndGo = async (number: string) => {
    const pod = await cri.pod(onNetwork);
    const id = await pod.run(['sleep', '1000']);
    const { stdout } = await pod.exec(id, ['echo', number]);
    await pod.remove();
    return stdout === `${number}\n`;
  };
  const work = async () => {
    while (left > 0) {
      const number = String(left--);
      const begin = Date.now();
      // what the death of the daemon leaves half made is removed below, as a kubelet does
      while (!(await comeAndGo(number).catch(() => false))) {
        interrupted++;
        if (Date.now() - begin > patience) throw new Error(`pod ${number} does not come and go`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      gone++;
    }
  };
  const workers = Promise.all(Array.from({ length: width }, work));
  for (let round = 1; round < 5; round++) {
    await Promise.race([until('pods come and go', () => gone >= step * round), workers]);
    await kill(host, 'containerd');
    startCriAgain(host);
    t.strictSame(pidsOf(stay), pids, 'containerd is killed: all that stay are the same');
  }
  await workers;
  t.equal(gone, count, 'each had its turn');
  t.comment(`${interrupted} were interrupted`);
  for (const { pod, id } of stay) t.equal((await pod.exec(id, ['echo', 'alive'])).stdout, 'alive\n', 'it can be asked');

  const [victim, ...others] = stay as [(typeof stay)[0], ...typeof stay];
  host.told(`kill -9 $(ps -o ppid= -p ${pids[0]})`);
  await until('the plugin knows', async () => (await victim.pod.status(victim.id)).state === 'CONTAINER_EXITED');
  await until('its process has ended', () => host.run(`test -e /proc/${pids[0]}`).status === 1);
  t.strictSame(pidsOf(others), pids.slice(1), 'a shim is killed: the others live');
  const { items } = await cri.call('ListPodSandbox');
  // a kubelet tries again, too: a shim that nobody knows may hold what is to be removed
  let refusal = '';
  const remove = (id: string) =>
    cri.removeSandbox(id).then(
      () => true,
      (error) => {
        refusal = String(error);
        return false;
      },
    );
  for (const { id } of items as Message[]) await until('a sandbox is removed', () => remove(id));
  t.comment(`refused before: ${refusal}`);
  orphan(host);
  await kill(host, 'containerd');
  startCriAgain(host);
  // network namespaces for pods of which it has made no note
  host.told(
    'find /run/containerd/io.containerd.grpc.v1.cri/netns -type f | while read file; do umount $file || true; rm $file; done',
  );
  await assertNothingLeft(t, host, before, { tidy: '', keeps: keeps.cri });
});

t.test('podman: conmon is killed', { skip: named || missing('podman', 'conmon'), timeout }, async (t) => {
  const host = makeHost(t);
  startPodman(host);
  const before = host.remains();
  for (let i = 0; i < standing; i++) host.told(`podman run -d --name stands-${i} --network none ${box} sleep 100000`);
  host.told("for file in $(podman inspect -f '{{.ConmonPidFile}}' stands-0 stands-1); do kill -9 $(cat $file); done");
  for (let i = 0; i < standing; i++)
    t.equal(host.run(`podman exec stands-${i} echo alive`).stdout, 'alive\n', `stands-${i} can be asked`);
  host.run('podman rm -fa -t 0');
  t.equal(host.told('podman ps -aq'), '', 'all are removed');
  // podman does not have deleted what it could not see the end of
  const ids = host.told('noci list -q').trim().split('\n');
  t.equal(ids.length, 2, 'the runtime still knows two');
  host.told(`for id in ${ids.join(' ')}; do noci delete $id; done`);
  await assertNothingLeft(t, host, before, { tidy: '', keeps: keeps.podman });
});
