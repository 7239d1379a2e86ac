// Many containers, eight at a time, leave the machine as it was. `npm run test:engines:stress` makes two hundred with each engine.
import t from 'tap';
import { assertNothingLeft } from './check.ts';
import { makeCriHost, onNetwork } from './cri-pods.ts';
import { missing, startDocker, startPodman } from './engine.ts';
import { makeHost } from './host.ts';

/** NOCI_STRESS: how many. */
const count = Number(process.env.NOCI_STRESS ?? 24);
const width = 8;
const timeout = 120_000 + count * 10_000;

/** What stays without a container: what an engine removes later, the runtime's own folder, compiled filters for the next container. */
const keeps = {
  docker: /^\/run\/docker\/netns\/|\/@seccomp/,
  podman: /\/@seccomp/,
  cri: /\.cri\/(containers|netns)$|^\/run\/cni\/|^\/run\/shared\/|\/@seccomp/,
};

/** Half of the containers end by themselves, half are removed while they run. Each prints its number, a client that errs none. */
const crowd = (engine: string, words: string) => `cat >one-of-many <<'END'
if [ $(($1 % 2)) = 0 ]; then ${engine} run --rm ${words} localhost/box:1 echo $1
else ${engine} run -d --name many-$1 ${words} localhost/box:1 sleep 1000 >/dev/null && ${engine} exec many-$1 echo $1 && ${engine} rm -f many-$1 >/dev/null
fi
END
seq ${count} | xargs -P ${width} -n 1 sh one-of-many | sort -n | uniq | wc -l`;

t.test(`docker: ${count} containers`, { skip: missing('dockerd', 'docker'), timeout }, async (t) => {
  const host = makeHost(t);
  startDocker(host);
  const before = host.remains();
  t.equal(host.run(crowd('docker', '--network none'), timeout).stdout, `${count}\n`);
  t.equal(host.run(crowd('docker', '--memory 64m'), timeout).stdout, `${count}\n`, 'on a bridge');
  await assertNothingLeft(t, host, before, { tidy: '', keeps: keeps.docker });
});

t.test(`podman: ${count} containers`, { skip: missing('podman', 'conmon'), timeout }, async (t) => {
  const host = makeHost(t);
  startPodman(host);
  const before = host.remains();
  t.equal(host.run(crowd('podman', '--network none'), timeout).stdout, `${count}\n`);
  await assertNothingLeft(t, host, before, { tidy: '', keeps: keeps.podman });
});

t.test(`CRI: ${count} pods`, { skip: missing('containerd', 'ctr'), timeout }, async (t) => {
  const { host, cri, before } = await makeCriHost(t);
  let left = count;
  const printed: string[] = [];
  const work = async () => {
    while (left > 0) {
      const number = String(left--);
      const pod = await cri.pod(onNetwork);
      const id = await pod.run(['sleep', '1000']);
      printed.push((await pod.exec(id, ['echo', number])).stdout);
      await pod.remove();
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  t.equal(new Set(printed).size, count);
  await assertNothingLeft(t, host, before, { tidy: '', keeps: keeps.cri });
});
