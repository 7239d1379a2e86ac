// podman and buildah, of root and of an ordinary user.
import t from 'tap';
import { type Check, type Habits, runChecks } from './check.ts';
import { configurePodman, missing, startPodman } from './engine.ts';
import { makeHost } from './host.ts';

const box = 'localhost/box:1';

const once = 'podman run --rm --network none';
const started = 'podman run -d --network none --name';
const stays = `${box} sleep 1000`;
const gone = 'podman rm -f -t 0 one >/dev/null';
/** A terminal around a client that insists on one, and that ends with its input. */
const terminal = (command: string) => `script -qec '${command}' /dev/null 0<>endless`;

const habits: Habits = {
  tidy: 'podman pod rm -fa -t 0; podman rm -fa -t 0; buildah rm -a',
  // the default root, the parent of cgroups and in two hierarchies those of its pods, which podman leaves; compiled filters, which are for
  // the next container; what podman 5 keeps of a container that could not be made
  keeps:
    /\/@seccomp|^\/run\/(noci|runc)$|\/libpod\/persist\/\w{64}$|\/libpod_parent(\/conmon)?$|^\/sys\/fs\/cgroup\/(systemd|unified)\/.*\/libpod_parent\/\w{64}$/,
};

const checks: readonly Check[] = [
  {
    name: 'info',
    run: "podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}'",
    stdout: 'noci /usr/bin/noci\n',
  },
  { name: 'run', run: `${once} ${box} echo hello`, stdout: 'hello\n' },
  { name: 'run: exit status', run: `${once} ${box} sh -c 'exit 42'`, status: 42 },
  { name: 'run -i', run: `echo text | ${once} -i ${box} cat`, stdout: 'text\n' },
  { name: 'run -it', run: terminal(`${once} -it ${box} tty`), stdout: /\/dev\/pts\/0\r\n/ },
  { name: 'run: not found', run: `${once} ${box} nothing`, status: 127, stderr: /executable file not found in \$PATH/ },
  { name: 'run: not there', run: `${once} ${box} /nothing`, status: 127, stderr: /no such file or directory/ },
  { name: 'run: not executable', run: `${once} ${box} /bin/plain`, status: 126, stderr: /permission denied/i },
  {
    name: 'run -d, logs, wait, rm',
    run: `${started} one ${box} sh -c 'echo out; exit 3' >/dev/null; podman wait one; podman logs one; podman rm one >/dev/null`,
    stdout: '3\nout\n',
  },
  {
    name: 'the state that the runtime keeps',
    run: `id=$(${started} one ${stays}); noci state $id | grep '"status"'; ${gone}; test ! -e /run/noci/$id`,
    stdout: /"running"/,
  },
  {
    name: 'exec',
    run: `${started} one ${stays} >/dev/null; podman exec one echo hello; podman exec one sh -c 'exit 9' || echo $?; echo in | podman exec -i one cat; ${gone}`,
    stdout: 'hello\n9\nin\n',
  },
  {
    name: 'exec -t',
    run: `${started} one ${stays} >/dev/null; ${terminal('podman exec -it one tty')}; ${gone}`,
    stdout: /\/dev\/pts\/\d\r\n/,
  },
  {
    name: 'exec -d',
    run: `${started} one ${stays} >/dev/null; podman exec -d one touch /file >/dev/null; await 'podman exec one test -e /file'; podman exec one ls /file; ${gone}`,
    stdout: '/file\n',
  },
  {
    name: 'exec -u, -w, -e',
    run: `${started} one ${stays} >/dev/null; podman exec -u user -w /tmp -e A=b one sh -c 'id -u; pwd; echo $A'; ${gone}`,
    stdout: '1000\n/tmp\nb\n',
  },
  {
    name: 'exec --privileged',
    run: `${started} one --cap-drop all ${stays} >/dev/null; podman exec --privileged one grep CapEff /proc/self/status; ${gone}`,
    stdout: /^CapEff:\t[0-9a-f]{10}ffffff\n$/,
  },
  {
    name: 'exec: not found',
    run: `${started} one ${stays} >/dev/null; podman exec one nothing || echo $?; podman exec one /bin/plain || echo $?; ${gone}`,
    stdout: '127\n126\n',
  },
  {
    name: 'exec --preserve-fds',
    run: `${started} one ${stays} >/dev/null; echo three >three; podman exec --preserve-fds 1 one sh -c 'cat <&3' 3<three; rm three; ${gone}`,
    stdout: 'three\n',
  },
  {
    name: 'run --preserve-fds',
    run: `echo three >three; ${once} --preserve-fds 1 ${box} sh -c 'cat <&3' 3<three; rm three`,
    stdout: 'three\n',
  },
  {
    name: 'stop',
    run: `${started} one ${box} sh -c 'trap "exit 5" TERM; touch /ready; while :; do sleep 0.1; done' >/dev/null; await 'podman exec one test -e /ready'; podman stop -t 20 one >/dev/null; podman inspect -f '{{.State.ExitCode}}' one; ${gone}`,
    stdout: '5\n',
  },
  {
    name: 'stop: KILL after the time',
    run: `${started} one ${stays} >/dev/null; podman stop -t 1 one 2>/dev/null >/dev/null; podman inspect -f '{{.State.ExitCode}}' one; ${gone}`,
    stdout: '137\n',
  },
  {
    name: 'stop --pid host',
    run: `${started} one --pid host ${box} sh -c 'sleep 4242 & sleep 4242' >/dev/null; await 'test $(ps -eo args | grep -c "^sleep 4242") = 2'; podman stop -t 1 one >/dev/null 2>&1; await '! ps -eo args | grep "^sleep 4242"'; ps -eo args | grep -c '^sleep 4242' || true; ${gone}`,
    stdout: '0\n',
  },
  {
    name: 'kill',
    run: `${started} one ${stays} >/dev/null; podman kill one >/dev/null; podman wait one; ${gone}`,
    stdout: '137\n',
  },
  {
    name: 'restart',
    run: `${started} one ${box} sh -c 'echo started; sleep 1000' >/dev/null; podman restart -t 0 one >/dev/null; await 'test $(podman logs one | grep -c started) = 2'; podman logs one; ${gone}`,
    stdout: 'started\nstarted\n',
  },
  {
    name: 'pause, unpause',
    run: `${started} one ${stays} >/dev/null; podman pause one >/dev/null; podman inspect -f '{{.State.Status}}' one; podman unpause one >/dev/null; podman exec one echo on; ${gone}`,
    stdout: 'paused\non\n',
  },
  { name: 'rm -f of what is paused', run: `${started} one ${stays} >/dev/null; podman pause one >/dev/null; ${gone}` },
  {
    name: 'init',
    run: `podman create --name one --network none ${box} echo hello >/dev/null; podman init one; podman inspect -f '{{.State.Status}}' one; podman start -a one; ${gone}`,
    stdout: 'one\ninitialized\nhello\n',
  },
  {
    name: 'top',
    run: `${started} one ${stays} >/dev/null; podman top one args | tail -1; ${gone}`,
    stdout: 'sleep 1000 \n',
  },
  {
    name: 'stats',
    run: `${started} one -m 64m ${stays} >/dev/null; podman stats --no-stream --format '{{.Name}} {{.PIDs}}' one; ${gone}`,
    stdout: 'one 1\n',
  },
  {
    name: 'attach',
    run: `${started} one -i ${box} sh -c 'read x; echo got $x' >/dev/null; echo text | podman attach one >/dev/null; podman wait one >/dev/null; podman logs one; ${gone}`,
    stdout: /got text\n/,
  },
  {
    name: 'cp, diff, commit',
    run: `${started} one ${stays} >/dev/null; echo text >file; podman cp file one:/new; podman exec one cat /new; podman diff one | grep /new; podman commit -q one made >/dev/null; ${gone}; ${once} made cat /new; podman rmi made >/dev/null; rm file`,
    stdout: 'text\nA /new\ntext\n',
  },
  {
    name: 'volume',
    run: `podman volume create data >/dev/null; ${once} -v data:/data ${box} sh -c 'echo kept >/data/file'; ${once} -v data:/data:ro ${box} sh -c 'cat /data/file; touch /data/x 2>/dev/null || echo read-only'; podman volume rm data`,
    stdout: 'kept\nread-only\ndata\n',
  },
  {
    name: 'an overlay of a folder',
    run: `mkdir -p tree; echo text >tree/file; ${once} -v $PWD/tree:/tree:O ${box} sh -c 'echo more >/tree/file; cat /tree/file'; cat tree/file; rm -r tree`,
    stdout: 'more\ntext\n',
  },
  {
    name: '--tmpfs, --mount',
    run: `${once} --tmpfs /t:size=1m --mount type=tmpfs,destination=/u,tmpfs-size=2m ${box} df -k /t /u | awk 'NR > 1 {print $2}'`,
    stdout: '1024\n2048\n',
  },
  { name: 'tmpcopyup', run: `${once} --tmpfs /etc:rw ${box} tail -1 /etc/group`, stdout: 'extra:x:2000:user\n' },
  {
    name: '--read-only',
    run: `${once} --read-only ${box} sh -c 'touch /file 2>/dev/null || echo read-only; touch /tmp/file && echo written'`,
    stdout: 'read-only\nwritten\n',
  },
  {
    name: '--init',
    run: `${once} --init --init-path /usr/bin/catatonit ${box} sh -c 'tr "\\0" " " </proc/1/cmdline'`,
    stdout: /^\/\S*(init|catatonit)/,
  },
  { name: '--device', run: `${once} --device /dev/fuse ${box} stat -c %t:%T /dev/fuse`, stdout: 'a:e5\n' },
  {
    name: '--cap-drop, --cap-add',
    run: `${once} --cap-drop all --cap-add NET_ADMIN,CHOWN ${box} grep CapEff /proc/self/status`,
    stdout: 'CapEff:\t0000000000001001\n',
  },
  {
    name: 'ambient capabilities of another user',
    run: `${once} -u user --cap-add NET_ADMIN ${box} grep -E 'Cap(Eff|Amb)' /proc/self/status`,
    stdout: 'CapEff:\t0000000000001000\nCapAmb:\t0000000000001000\n',
  },
  {
    name: '--privileged',
    run: `${once} --privileged ${box} sh -c 'mount -t tmpfs tmpfs /tmp && echo mounted; grep Seccomp: /proc/self/status'`,
    stdout: 'mounted\nSeccomp:\t0\n',
  },
  {
    name: 'seccomp',
    run: `${once} ${box} grep Seccomp: /proc/self/status; ${once} --security-opt seccomp=unconfined ${box} grep Seccomp: /proc/self/status`,
    stdout: 'Seccomp:\t2\nSeccomp:\t0\n',
  },
  {
    name: 'no-new-privileges',
    run: `${once} --security-opt no-new-privileges ${box} grep NoNewPrivs /proc/self/status`,
    stdout: 'NoNewPrivs:\t1\n',
  },
  {
    name: 'mask, unmask',
    run: `${once} --security-opt mask=/etc/passwd --security-opt unmask=/proc/kcore ${box} sh -c 'wc -c </etc/passwd; grep -c kcore /proc/mounts || true'`,
    stdout: '0\n0\n',
  },
  {
    name: '--ulimit',
    run: `${once} --ulimit nofile=100:200 --ulimit nproc=1000:1000 ${box} sh -c 'ulimit -Sn; ulimit -Hn'`,
    stdout: '100\n200\n',
  },
  {
    name: '--sysctl',
    run: `${once} --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=9999 ${box} cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax`,
    stdout: '1\n9999\n',
  },
  {
    name: 'limits',
    run: `${once} -m 64m --memory-swap 96m --cpus 0.5 --pids-limit 50 --cpuset-cpus 0 ${box} sh -c 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes cpu/cpu.cfs_quota_us pids/pids.max cpuset/cpuset.cpus'`,
    stdout: '67108864\n100663296\n50000\n50\n0\n',
  },
  {
    name: 'out of memory',
    run: `${once} -m 16m --memory-swap 16m ${box} sh -c 'x=x; while :; do x=$x$x; done'`,
    status: 137,
  },
  {
    name: '--pid, --ipc, --uts, --network host',
    run: `for space in pid ipc uts; do test "$(${once} --$space host ${box} readlink /proc/self/ns/$space)" = "$(readlink /proc/self/ns/$space)"; done; test "$(podman run --rm --network host ${box} readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)"`,
  },
  {
    name: '--pid, --ipc, --network container',
    run: `${started} one --ipc shareable ${stays} >/dev/null; for space in pid ipc; do test "$(${once} --$space container:one ${box} readlink /proc/self/ns/$space)" = "$(podman exec one readlink /proc/self/ns/$space)"; done; test "$(podman run --rm --network container:one ${box} readlink /proc/self/ns/net)" = "$(podman exec one readlink /proc/self/ns/net)"; ${gone}`,
  },
  {
    name: '--cgroupns',
    run: `${once} --cgroupns private ${box} cut -d: -f3 /proc/self/cgroup | sort -u`,
    stdout: '/\n',
  },
  {
    name: '--userns',
    run: `${once} --uidmap 0:200000:65536 ${box} sh -c 'id -u; tr -s " " </proc/self/uid_map'`,
    stdout: '0\n 0 200000 65536\n',
  },
  {
    name: '--hooks-dir',
    run: `mkdir -p hooks; printf '#!/bin/sh\\ncat >>/run/shared/hooked; echo >>/run/shared/hooked\\n' >hook; chmod +x hook; for stage in prestart createRuntime poststart poststop; do echo '{"version":"1.0.0","hook":{"path":"/run/shared/hook"},"when":{"always":true},"stages":["'$stage'"]}' >hooks/$stage.json; done; podman --hooks-dir hooks run --rm --network none ${box} true; await 'test $(grep -c status hooked) = 4'; grep -o '"status": *"[a-z]*"' hooked | tr -d ' '; rm -r hooks hook hooked`,
    cannot: { runc: 'a poststart hook of runc 1.1 is told that the container is created' },
    stdout: /^"status":"creat(ing|ed)"\n"status":"creat(ing|ed)"\n"status":"running"\n"status":"stopped"\n$/,
  },
  {
    name: 'healthcheck',
    run: `${started} one --health-cmd 'test -e /well' --health-interval disable --health-retries 1 ${stays} >/dev/null; podman healthcheck run one || echo $?; podman exec one touch /well; podman healthcheck run one; ${gone}`,
    stdout: /^(unhealthy\n)?1\n$/,
  },
  {
    name: 'a bridge',
    run: `podman run -d --name one ${box} sh -c 'mkdir /w; echo page >/w/x; httpd -f -p 80 -h /w' >/dev/null; await 'podman exec one wget -qO- http://127.0.0.1/x'; busybox wget -qO- http://$(podman inspect -f '{{.NetworkSettings.IPAddress}}' one)/x; ${gone}`,
    stdout: 'page\n',
  },
  {
    name: 'a pod',
    run: `podman pod create --name group --network none >/dev/null; podman run -d --pod group --name one ${stays} >/dev/null; podman run --rm --pod group ${box} readlink /proc/self/ns/net >other; podman exec one readlink /proc/self/ns/net | cmp - other; podman pod pause group >/dev/null; podman inspect -f '{{.State.Status}}' one; podman pod unpause group >/dev/null; podman pod stop -t 0 group >/dev/null; podman pod start group >/dev/null; podman exec one echo again; podman pod rm -f -t 0 group >/dev/null; rm other`,
    stdout: 'paused\nagain\n',
  },
  {
    name: 'a pod that shares process ids',
    run: `podman pod create --name group --network none --share pid,ipc,uts >/dev/null; podman run -d --pod group --name one ${stays} >/dev/null; podman run --rm --pod group ${box} ps -o args | grep -c '^sleep 1000'; podman pod rm -f -t 0 group >/dev/null`,
    stdout: '1\n',
  },
  {
    name: 'generate kube, play kube',
    run: `${started} one ${box} sh -c 'echo played; sleep 1000' >/dev/null; podman generate kube one >pod.yaml; ${gone}; podman play kube --network none pod.yaml >/dev/null; await 'podman logs one-pod-one | grep played'; podman logs one-pod-one; podman play kube --down pod.yaml >/dev/null; rm pod.yaml`,
    stdout: 'played\n',
  },
  {
    name: 'generate systemd',
    run: `${started} one ${stays} >/dev/null; podman generate systemd one | grep -c ExecStart; ${gone}`,
    stdout: '1\n',
  },
  {
    name: 'build',
    run: `mkdir -p build; printf 'FROM ${box}\\nRUN echo built >/file && id -u >>/file\\nUSER user\\nWORKDIR /work\\nRUN id -u >/tmp/user && pwd >>/tmp/user\\nCMD cat /file /tmp/user\\n' >build/Dockerfile; podman build -q --network none -t built build >/dev/null; ${once} built; podman rmi built >/dev/null; rm -r build`,
    stdout: 'built\n0\n1000\n/work\n',
  },
  {
    name: 'build: a command goes wrong',
    run: `mkdir -p build; printf 'FROM ${box}\\nRUN exit 7\\n' >build/Dockerfile; podman build -q --network none build >/dev/null 2>&1 || echo $?; buildah rm -a >/dev/null; rm -r build`,
    stdout: '7\n',
  },
  {
    name: 'buildah run',
    run: `name=$(buildah --storage-driver overlay from ${box}); buildah run --network none $name echo hello; buildah run --network none $name sh -c 'exit 9' >/dev/null 2>&1 || echo $?; echo in | buildah run --network none $name cat; ${terminal('buildah run --network none --terminal $name tty').replace('$name', "'$name'")}; buildah rm $name >/dev/null`,
    stdout: /^hello\n9\nin\n[\s\S]*\/dev\/pts\/0/,
  },
  {
    name: 'checkpoint',
    run: `${started} one ${stays} >/dev/null; podman container checkpoint one; podman container restore one; ${gone}`,
    stdout: 'one\none\n',
    cannot: { either: 'criu of Debian bookworm does not know the vDSO of new kernels' },
  },
];

/** The same programs called by somebody who is not root. */
const user = 'renter';
const rootless: readonly Check[] = [
  {
    name: 'info',
    run: "renter info --format '{{.Host.Security.Rootless}} {{.Host.OCIRuntime.Name}}'",
    stdout: 'true noci\n',
  },
  {
    name: 'run',
    run: `renter run --rm --network none ${box} sh -c 'id -u; tr -s " " </proc/self/uid_map'`,
    stdout: '0\n 0 60701 1\n 1 200000 65536\n',
  },
  { name: 'run -u', run: `renter run --rm --network none -u user ${box} id -u`, stdout: '1000\n' },
  { name: 'run -it', run: terminal(`renter run --rm --network none -it ${box} tty`), stdout: /\/dev\/pts\/0\r\n/ },
  {
    name: 'run --userns keep-id',
    run: `renter run --rm --network none --userns keep-id ${box} id -u`,
    stdout: '60701\n',
  },
  {
    name: 'run --privileged',
    run: `renter run --rm --network none --privileged ${box} sh -c 'mount -t tmpfs tmpfs /tmp && echo mounted'`,
    stdout: 'mounted\n',
  },
  {
    name: 'run --read-only, --tmpfs, --sysctl',
    run: `renter run --rm --network none --read-only --tmpfs /t --sysctl net.ipv4.ip_forward=1 ${box} sh -c 'touch /x 2>/dev/null || echo read-only; touch /t/x; cat /proc/sys/net/ipv4/ip_forward'`,
    stdout: 'read-only\n1\n',
  },
  {
    name: 'run --pid, --network host',
    run: `renter run --rm --network host --pid host ${box} readlink /proc/self/ns/net | cmp - net`,
  },
  { name: 'run: not found', run: `renter run --rm --network none ${box} nothing`, status: 127 },
  {
    name: 'run: the network of slirp4netns',
    run: `renter run --rm --network slirp4netns ${box} ip -o link | grep -c tap0`,
    stdout: '1\n',
  },
  {
    name: 'exec, stop',
    run: `renter run -d --network none --name one ${stays} >/dev/null; renter exec one id -u; renter exec -u user one id -u; renter stop -t 0 one; renter rm one >/dev/null`,
    stdout: '0\n1000\none\n',
  },
  {
    name: 'exec -it',
    run: `renter run -d --network none --name one ${stays} >/dev/null; ${terminal('renter exec -it one tty')}; renter rm -f -t 0 one >/dev/null`,
    stdout: /\/dev\/pts\/\d\r\n/,
  },
  {
    name: 'init',
    run: `renter create --name one --network none ${box} echo hello >/dev/null; renter init one; renter start -a one; renter rm one >/dev/null`,
    stdout: 'one\nhello\n',
  },
  {
    name: 'healthcheck',
    run: `renter run -d --network none --name one --health-cmd 'test -e /well' --health-interval disable --health-retries 1 ${stays} >/dev/null; renter healthcheck run one || echo $?; renter exec one touch /well; renter healthcheck run one; renter rm -f -t 0 one >/dev/null`,
    stdout: /^(unhealthy\n)?1\n$/,
  },
  {
    name: 'generate kube, play kube',
    run: `renter run -d --network none --name one ${box} sh -c 'echo played; sleep 1000' >/dev/null; renter generate kube one >pod.yaml; renter rm -f -t 0 one >/dev/null; renter play kube --network none pod.yaml >/dev/null; await 'renter logs one-pod-one | grep played'; renter logs one-pod-one; renter play kube --down pod.yaml >/dev/null; rm pod.yaml`,
    stdout: 'played\n',
  },
  {
    name: 'pause',
    run: `renter run -d --network none --name one ${stays} >/dev/null; renter pause one; renter rm -f -t 0 one >/dev/null`,
    cannot: { either: 'podman refuses it where an ordinary user has no cgroups: with version 1' },
  },
  {
    name: 'buildah run',
    run: `name=$(renter-buildah from ${box}); renter-buildah run --network none $name echo hello; renter-buildah run --network none $name sh -c 'exit 9' >/dev/null 2>&1 || echo $?; renter-buildah rm $name >/dev/null`,
    stdout: 'hello\n9\n',
  },
  {
    name: 'rm -f',
    run: `renter run -d --network none --name one ${stays} >/dev/null; renter rm -f -t 0 one >/dev/null; renter ps -aq`,
  },
  {
    name: 'a pod',
    run: `renter pod create --name group --network none >/dev/null; renter run --rm --pod group ${box} echo hello; renter pod rm -f -t 0 group >/dev/null`,
    stdout: 'hello\n',
  },
  {
    name: 'build',
    run: `mkdir -p build; printf 'FROM ${box}\\nRUN id -u >/file\\nCMD cat /file\\n' >build/Dockerfile; renter build -q --network none -t built build >/dev/null; renter run --rm --network none built; renter rmi built >/dev/null; rm -r build`,
    stdout: '0\n',
  },
];

const userHabits: Habits = {
  tidy: 'renter pod rm -fa -t 0; renter rm -fa -t 0',
  keeps: /\/@seccomp|^\/run\/user\/\d+\/netns$|\/libpod\/tmp\/persist\/\w{64}$/,
};

const skip = missing('podman', 'buildah', 'conmon');

t.test('podman', { skip, timeout: 900_000 }, async (t) => {
  const host = makeHost(t);
  startPodman(host);
  await runChecks(t, host, checks, habits);
});

t.test(
  'podman of an ordinary user',
  { skip: skip || missing('newuidmap', 'slirp4netns'), timeout: 600_000 },
  async (t) => {
    const as = `setpriv --reuid ${user} --regid ${user} --clear-groups`;
    const environment = 'HOME=/var/lib/containers/renter XDG_RUNTIME_DIR=/run/user/60701 STORAGE_DRIVER=vfs';
    const program = (path: string) => `exec ${as} env ${environment} ${path} "$@"`;
    const host = makeHost(t, { renter: program('/usr/bin/podman'), 'renter-buildah': program('/usr/bin/buildah') });
    configurePodman(host);
    host.told(`echo ${user}:x:60701:60701::/var/lib/containers/renter:/bin/sh >>/etc/passwd; echo ${user}:x:60701: >>/etc/group
for file in subuid subgid; do echo ${user}:200000:65536 >/etc/$file; done
mkdir -p /var/lib/containers/renter /run/user/60701; chown ${user}: /var/lib/containers/renter /run/user/60701; chmod 755 /run/shared
mknod -m 666 tun c 10 200; mount --bind tun /dev/net/tun; readlink /proc/self/ns/net >net; renter load -q -i image.tar >/dev/null; renter run --rm --network none ${box} true`);
    await runChecks(t, host, rootless, userHabits);
  },
);
