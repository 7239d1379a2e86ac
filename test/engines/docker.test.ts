// dockerd and its client with the runtime as the default one.
import t from 'tap';
import { type Check, type Habits, runChecks } from './check.ts';
import { missing, startDocker } from './engine.ts';
import { makeHost } from './host.ts';

const box = 'localhost/box:1';

/** Words that every container has; what is started with `run` goes with its end. */
const once = `docker run --rm --network none`;
const started = `docker run -d --network none --name`;
const stays = `${box} sleep 1000`;
const ready = "await 'docker exec one test -e /ready'";
/** A terminal around a client that insists on one. */
const terminal = (command: string) => `script -qec '${command}' /dev/null 0<>endless`;

const habits: Habits = {
  tidy: 'docker ps -aq | xargs -r docker rm -f; docker network prune -f',
  // what the daemon removes once in a minute, its own sockets, that of a shim that was killed; BuildKit's parent of cgroups and the default
  // root, which it uses; compiled filters, which are for the next container
  keeps:
    /^\/run\/docker\/(netns|libnetwork)\/|^\/run\/containerd\/s\/|\/docker\/buildkit$|^\/run\/(noci|runc)$|\/@seccomp/,
};

const withoutResource = 'CAP_SYS_RESOURCE is not to be had: runc gives up';

const checks: readonly Check[] = [
  { name: 'info', run: "docker info -f '{{.DefaultRuntime}}'", stdout: 'noci\n' },
  { name: 'run', run: `${once} ${box} echo hello`, stdout: 'hello\n' },
  {
    name: 'run: the output of both kinds',
    run: `${once} ${box} sh -c 'echo out; echo err >&2'`,
    stdout: 'out\n',
    stderr: /^err\n$/,
  },
  { name: 'run: exit status', run: `${once} ${box} sh -c 'exit 42'`, status: 42 },
  {
    name: 'run: ended by a signal',
    run: `${once} ${box} sh -c 'kill -9 $$' || echo $?; ${once} --init ${box} sh -c 'kill -9 $$' || echo $?`,
    stdout: '137\n',
  },
  { name: 'run: stdin', run: `echo text | ${once} -i ${box} cat`, stdout: 'text\n' },
  {
    name: 'run: a megabyte through stdin',
    run: `head -c 1048576 /dev/zero | ${once} -i ${box} wc -c`,
    stdout: '1048576\n',
  },
  {
    name: 'run -it',
    run: terminal(`${once} -it ${box} sh -c "tty; test -t 0 && test -t 1 && test -t 2 && echo all"`),
    stdout: /\/dev\/pts\/0\r\nall\r\n/,
  },
  {
    name: 'run -t: size of the terminal',
    run: terminal(`stty rows 33 cols 77; ${once} -it ${box} sh -c "until stty size | grep 77; do sleep 0.1; done"`),
    stdout: /33 77/,
  },
  { name: 'run: not found', run: `${once} ${box} /nothing`, status: 127, stderr: /no such file or directory/ },
  {
    name: 'run: not found in PATH',
    run: `${once} ${box} nothing`,
    status: 127,
    stderr: /executable file not found in \$PATH/,
  },
  { name: 'run: not executable', run: `${once} ${box} /bin/plain`, status: 126, stderr: /permission denied/ },
  { name: 'run: a folder', run: `${once} ${box} /bin`, status: 126, stderr: /permission denied|is a directory/ },
  { name: 'run -w: a folder that is not there', run: `${once} -w /new/folder ${box} pwd`, stdout: '/new/folder\n' },
  { name: 'run -e', run: `${once} -e A=b --env C ${box} sh -c 'echo $A$C'`, stdout: 'b\n' },
  {
    name: 'run -u',
    run: `${once} -u user:extra ${box} id`,
    stdout: 'uid=1000(user) gid=2000(extra) groups=2000(extra)\n',
  },
  { name: 'run -u: numbers', run: `${once} -u 7:8 --group-add 9 ${box} id`, stdout: 'uid=7 gid=8 groups=8,9\n' },
  {
    name: 'run -u: the groups of the image',
    run: `${once} -u user ${box} id`,
    stdout: 'uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)\n',
  },
  {
    name: 'run --hostname',
    run: `${once} --hostname other --domainname example.org ${box} sh -c 'hostname; cat /proc/sys/kernel/domainname'`,
    stdout: 'other\nexample.org\n',
  },
  {
    name: 'run -d, logs, wait, rm',
    run: `${started} one ${box} sh -c 'echo out; echo err >&2; exit 3' >/dev/null; docker wait one; docker logs one 2>&1 | sort; docker rm one`,
    stdout: '3\nerr\nout\none\n',
  },
  {
    name: 'the state that the runtime keeps',
    run: `id=$(${started} one ${stays}); noci --root /run/docker/runtime-runc/moby state $id | grep '"status"'; docker rm -f one; test ! -e /run/docker/runtime-runc/moby/$id`,
    stdout: /"running"[\s\S]*one\n$/,
  },
  {
    name: 'create, start, rm',
    run: `docker create --name one ${box} echo hello >/dev/null; docker start -a one; docker start -a one; docker rm one`,
    stdout: 'hello\nhello\none\n',
  },
  {
    name: 'attach',
    run: `${started} one -i ${box} sh -c 'read x; echo got $x' >/dev/null; echo text | docker attach one >/dev/null; docker wait one >/dev/null; docker logs one; docker rm -f one >/dev/null`,
    stdout: 'got text\n',
  },
  {
    name: 'exec',
    run: `${started} one ${stays} >/dev/null; docker exec one echo hello; docker exec one sh -c 'exit 9' || echo $?; echo in | docker exec -i one cat; docker rm -f one >/dev/null`,
    stdout: 'hello\n9\nin\n',
  },
  {
    name: 'exec -t',
    run: `${started} one ${stays} >/dev/null; ${terminal('docker exec -it one sh -c "tty; echo done"')}; docker rm -f one >/dev/null`,
    stdout: /\/dev\/pts\/\d\r\ndone\r\n/,
  },
  {
    name: 'exec -d',
    run: `${started} one ${stays} >/dev/null; docker exec -d one touch /file; await 'docker exec one test -e /file'; docker exec one ls /file; docker rm -f one >/dev/null`,
    stdout: '/file\n',
  },
  {
    name: 'exec -u, -w, -e',
    run: `${started} one ${stays} >/dev/null; docker exec -u user -w /tmp -e A=b one sh -c 'id -u; id -G; pwd; echo $A'; docker rm -f one >/dev/null`,
    stdout: '1000\n1000 2000\n/tmp\nb\n',
  },
  {
    name: 'exec --privileged',
    run: `${started} one --cap-drop all ${stays} >/dev/null; docker exec one grep CapEff /proc/self/status; docker exec --privileged one grep CapEff /proc/self/status; docker rm -f one >/dev/null`,
    stdout: /^CapEff:\t0{16}\nCapEff:\t[0-9a-f]{10}ffffff\n$/,
    cannot: { runc: withoutResource },
  },
  {
    name: 'exec: not found',
    run: `${started} one ${stays} >/dev/null; docker exec one nothing || echo $?; docker exec one /nothing || echo $?; docker exec one /bin/plain || echo $?; docker rm -f one >/dev/null`,
    stdout:
      /in \$PATH[\s\S]*12[67]\n[\s\S]*no such file or directory[\s\S]*12[67]\n[\s\S]*permission denied[\s\S]*126\n/,
  },
  {
    name: 'exec: a hundred at once',
    run: `${started} one ${stays} >/dev/null; for i in $(seq 100); do docker exec one echo $i & [ $((i % 8)) != 0 ] || wait; done | sort -n | tail -1; docker rm -f one >/dev/null`,
    stdout: '100\n',
  },
  {
    name: 'exec in what was stopped',
    run: `${started} one ${stays} >/dev/null; docker kill one >/dev/null; docker exec one true || echo $?; docker rm one`,
    stdout: '1\none\n',
    stderr: /is not running/,
  },
  {
    name: 'stop: TERM',
    run: `${started} one ${box} sh -c 'trap "echo term; exit 5" TERM; touch /ready; while :; do sleep 0.1; done' >/dev/null; ${ready}; docker stop -t 20 one; docker logs one; docker inspect -f '{{.State.ExitCode}}' one; docker rm one`,
    stdout: 'one\nterm\n5\none\n',
  },
  {
    name: 'stop: KILL after the time',
    run: `${started} one ${stays} >/dev/null; docker stop -t 1 one; docker inspect -f '{{.State.ExitCode}}' one; docker rm one`,
    stdout: 'one\n137\none\n',
  },
  {
    name: 'stop --stop-signal',
    run: `${started} one --stop-signal USR1 ${box} sh -c 'trap "exit 6" USR1; touch /ready; while :; do sleep 0.1; done' >/dev/null; ${ready}; docker stop -t 20 one; docker inspect -f '{{.State.ExitCode}}' one; docker rm one`,
    stdout: 'one\n6\none\n',
  },
  {
    name: 'kill',
    run: `${started} one ${stays} >/dev/null; docker kill one; docker kill one || echo $?; docker inspect -f '{{.State.ExitCode}}' one; docker rm one`,
    stdout: 'one\n1\n137\none\n',
  },
  {
    name: 'kill -s',
    run: `${started} one ${box} sh -c 'trap "echo hup" HUP; touch /ready; while :; do sleep 0.1; done' >/dev/null; ${ready}; docker kill -s HUP one; await 'docker logs one | grep hup'; docker logs one; docker rm -f one`,
    stdout: 'one\nhup\none\n',
  },
  {
    name: 'restart',
    run: `${started} one ${box} sh -c 'echo started; sleep 1000' >/dev/null; docker restart -t 0 one; await 'test $(docker logs one | grep -c started) = 2'; docker logs one; docker rm -f one`,
    stdout: 'one\nstarted\nstarted\none\n',
  },
  {
    name: 'restart policy: on-failure',
    run: `${started} one --restart on-failure:2 ${box} false >/dev/null; await "docker inspect -f '{{.RestartCount}} {{.State.Status}}' one | grep '2 exited'"; docker inspect -f '{{.RestartCount}} {{.State.Status}}' one; docker rm -f one`,
    stdout: '2 exited\none\n',
  },
  {
    name: 'restart policy: always',
    run: `${started} one --restart always ${box} sleep 0.2 >/dev/null; await 'test $(docker inspect -f "{{.RestartCount}}" one) -gt 1'; docker rm -f one`,
    stdout: 'one\n',
  },
  {
    name: 'pause, unpause',
    run: `${started} one ${stays} >/dev/null; docker pause one; docker inspect -f '{{.State.Status}}' one; docker exec one true || echo $?; docker unpause one; docker exec one echo on; docker rm -f one`,
    stdout: 'one\npaused\n1\none\non\none\n',
    stderr: /is paused/,
  },
  {
    name: 'rm -f of what is paused',
    run: `${started} one ${stays} >/dev/null; docker pause one; docker rm -f one`,
    stdout: 'one\none\n',
  },
  {
    name: 'update',
    run: `${started} one -m 64m ${stays} >/dev/null; docker update -m 128m --memory-swap 256m --cpus 0.5 --pids-limit 77 one; docker exec one cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/pids/pids.max; docker rm -f one`,
    stdout: 'one\n134217728\n268435456\n50000\n77\none\n',
  },
  {
    name: 'update to less',
    run: `${started} one -m 128m --memory-swap 256m ${stays} >/dev/null; docker update -m 64m --memory-swap 64m one; docker exec one cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes; docker rm -f one`,
    stdout: 'one\n67108864\n67108864\none\n',
  },
  {
    name: 'update leaves devices alone',
    run: `${started} one ${stays} >/dev/null; docker update -m 64m --memory-swap 64m one; docker exec one sh -c 'echo x >/dev/null; head -c 4 /dev/zero | wc -c'; docker rm -f one`,
    stdout: 'one\n4\none\n',
  },
  {
    name: 'top',
    run: `${started} one ${stays} >/dev/null; docker exec -d one sleep 77; await 'docker top one | grep "sleep 77"'; docker top one -o pid,args | awk 'NR > 1 {$1 = ""; print}' | sort; docker rm -f one`,
    stdout: ' sleep 1000\n sleep 77\none\n',
  },
  {
    name: 'stats',
    run: `${started} one -m 64m ${stays} >/dev/null; docker stats --no-stream --format '{{.Name}} {{.MemUsage}} {{.PIDs}}' one; docker rm -f one`,
    stdout: /^one .* \/ 64MiB 1\none\n$/,
  },
  {
    name: 'logs -f',
    run: `${started} one ${box} sh -c 'for i in 1 2 3; do echo $i; sleep 0.3; done' >/dev/null; docker logs -f one; docker rm one`,
    stdout: '1\n2\n3\none\n',
  },
  {
    name: 'cp',
    run: `${started} one ${stays} >/dev/null; echo text >file; docker cp file one:/tmp/file; docker exec one cat /tmp/file; docker cp one:/etc/group group; tail -1 group; docker rm -f one; rm file group`,
    stdout: 'text\nextra:x:2000:user\none\n',
  },
  {
    name: 'diff',
    run: `docker run --name one ${box} sh -c 'echo >/new; rm /etc/group'; docker diff one | sort; docker rm one`,
    stdout: 'A /new\nC /etc\nD /etc/group\none\n',
  },
  {
    name: 'commit',
    run: `docker run --name one ${box} sh -c 'echo text >/new'; docker commit -c 'CMD ["cat","/new"]' one made >/dev/null; docker rm one; ${once} made; docker rmi made >/dev/null`,
    stdout: 'one\ntext\n',
  },
  {
    name: 'export, import',
    run: `docker create --name one ${box} true >/dev/null; docker export one | docker import - flat >/dev/null; docker rm one; ${once} flat /bin/echo flat; docker rmi flat >/dev/null`,
    stdout: 'one\nflat\n',
  },
  {
    name: 'build: the classic builder',
    run: `mkdir -p build; printf 'FROM ${box}\\nRUN echo built >/file && id -u >>/file\\nUSER user\\nWORKDIR /work\\nRUN id -u >/tmp/user && pwd >>/tmp/user\\nCMD cat /file /tmp/user\\n' >build/Dockerfile
DOCKER_BUILDKIT=0 docker build -q --network none -t built build >/dev/null; ${once} built; docker rmi built >/dev/null; rm -r build`,
    stdout: 'built\n0\n1000\n/work\n',
  },
  {
    name: 'build: BuildKit',
    run: `mkdir -p build; printf 'FROM ${box}\\nRUN echo built >/file && id -u >>/file\\nRUN --mount=type=cache,target=/cache --mount=type=tmpfs,target=/t touch /cache/x /t/x\\nUSER user\\nWORKDIR /work\\nRUN id -u >/tmp/user && pwd >>/tmp/user\\nCMD cat /file /tmp/user\\n' >build/Dockerfile
DOCKER_BUILDKIT=1 docker build -q -t built build >/dev/null; ${once} built; docker rmi built >/dev/null; docker builder prune -af >/dev/null; rm -r build`,
    stdout: 'built\n0\n1000\n/work\n',
  },
  {
    name: 'build: BuildKit: stages, arguments, a secret, a cache, a file of the context',
    run: `mkdir -p build; echo from-context >build/text; echo hidden >key; cat >build/Dockerfile <<'.'
ARG BASE
FROM $BASE AS first
ARG WORD=none
RUN --mount=type=secret,id=key cat /run/secrets/key >/got; stat -c %a /run/secrets/key >>/got; echo $WORD >>/got
RUN --mount=type=bind,source=text,target=/in cat /in >>/got; echo x 2>/dev/null >/in || echo read-only >>/got
RUN --mount=type=cache,target=/cache echo kept >/cache/x
FROM $BASE
COPY --from=first /got /got
RUN --mount=type=cache,target=/cache --mount=type=bind,from=first,source=/got,target=/first cmp /first /got && cat /cache/x >>/got
RUN test ! -s /run/secrets/key && test ! -e /cache/x
ENTRYPOINT ["cat"]
CMD ["/got"]
.
DOCKER_BUILDKIT=1 docker build -q --no-cache --build-arg BASE=${box} --build-arg WORD=given --secret id=key,src=key -t built build >/dev/null
${once} built; docker rmi built >/dev/null; docker builder prune -af >/dev/null; rm -r build key`,
    stdout: 'hidden\n400\ngiven\nfrom-context\nread-only\nkept\n',
  },
  {
    name: 'build: BuildKit: networks',
    run: `mkdir -p build; readlink /proc/self/ns/net >build/net; printf 'FROM ${box}\\nCOPY net /net\\nRUN ip -o link | wc -l >/file; readlink /proc/self/ns/net | cmp -s - /net && echo same >>/file || echo own >>/file\\nCMD cat /file\\n' >build/Dockerfile
for network in none default host; do DOCKER_BUILDKIT=1 docker build -q --no-cache --network $network -t built build >/dev/null; ${once} built | tail -1; done
DOCKER_BUILDKIT=1 docker build -q --no-cache --network none -t built build >/dev/null; ${once} built | head -1; docker rmi -f built >/dev/null; docker image prune -f >/dev/null; docker builder prune -af >/dev/null; rm -r build`,
    stdout: 'own\nown\nsame\n1\n',
  },
  {
    name: 'build: BuildKit: interrupted',
    run: `mkdir -p build; printf 'FROM ${box}\\nRUN sleep 4242 & sleep 4242\\n' >build/Dockerfile; DOCKER_BUILDKIT=1 docker build --no-cache build >build.log 2>&1 </dev/null & client=$!
await 'test $(ps -eo args | grep -c "^sleep 4242") = 2'; kill -TERM $client; wait $client || echo ended; await '! ps -eo args | grep "^sleep 4242"'
docker builder prune -af >/dev/null; rm -r build build.log`,
    stdout: 'ended\n',
  },
  {
    name: 'build: a command goes wrong',
    run: `mkdir -p build; printf 'FROM ${box}\\nRUN exit 7\\n' >build/Dockerfile; for kit in 0 1; do DOCKER_BUILDKIT=$kit docker build build 2>&1 | grep -o 'non-zero code: 7\\|exit code: 7\\|did not complete successfully' | head -1; done; docker builder prune -af >/dev/null; docker container prune -f >/dev/null; rm -r build`,
    stdout: /non-zero code: 7\n(exit code: 7|did not complete successfully)/,
  },
  {
    name: 'volume',
    run: `docker volume create data >/dev/null; ${once} -v data:/data ${box} sh -c 'echo kept >/data/file'; ${once} -v data:/data:ro ${box} sh -c 'cat /data/file; touch /data/file 2>/dev/null || echo read-only'; docker volume rm data`,
    stdout: 'kept\nread-only\ndata\n',
  },
  {
    name: 'volume with the content of the image',
    run: `${once} -v /etc ${box} cat /etc/group | tail -1`,
    stdout: 'extra:x:2000:user\n',
  },
  {
    name: 'bind mounts',
    run: `mkdir -p tree/sub; echo text >tree/file; ${once} -v $PWD/tree:/tree -v $PWD/tree/file:/deep/er/file:ro ${box} sh -c 'cat /tree/file /deep/er/file; echo x >/deep/er/file 2>/dev/null || echo read-only; echo more >/tree/sub/new'; cat tree/sub/new; rm -r tree`,
    stdout: 'text\ntext\nread-only\nmore\n',
  },
  {
    name: 'bind mounts: propagation',
    run: `mkdir tree; ${started} one -v $PWD/tree:/tree:rslave ${stays} >/dev/null; mount -t tmpfs tmpfs tree; touch tree/late; docker exec one ls /tree; docker rm -f one; umount tree; rmdir tree`,
    stdout: 'late\none\n',
  },
  {
    name: '--tmpfs',
    run: `${once} --tmpfs /t:size=1m,mode=700,noexec ${box} sh -c 'grep " /t " /proc/mounts | cut -d" " -f3,4; stat -c %a /t'`,
    stdout: /^tmpfs rw,nosuid,nodev,noexec,relatime,size=1024k,mode=700.*\n700\n$/,
  },
  {
    name: '--read-only',
    run: `${once} --read-only --tmpfs /tmp ${box} sh -c 'touch /file 2>/dev/null || echo read-only; touch /tmp/file && echo written; echo x >/dev/null'`,
    stdout: 'read-only\nwritten\n',
  },
  {
    name: '--shm-size',
    run: `${once} --shm-size 8m ${box} df -m /dev/shm | tail -1 | awk '{print $2}'`,
    stdout: '8\n',
  },
  {
    name: '--init',
    run: `${once} --init ${box} ps -o pid,args | head -2 | tail -1`,
    stdout: /1 \/sbin\/docker-init -- ps/,
  },
  {
    name: '--device',
    run: `${once} --device /dev/fuse --device /dev/loop0:/dev/other:r ${box} sh -c 'stat -c %t:%T /dev/fuse; head -c 0 /dev/other && echo read; sh -c "echo >/dev/other" 2>/dev/null || echo refused'`,
    stdout: 'a:e5\nread\nrefused\n',
  },
  {
    name: 'devices: what is not given',
    run: `${once} --cap-add MKNOD ${box} sh -c 'mknod /tmp/loop b 7 0; head -c 1 /tmp/loop 2>&1 | wc -c; cat /tmp/loop >/dev/null 2>&1 || echo refused'`,
    stdout: /refused\n$/,
  },
  {
    name: '--cap-drop all',
    run: `${once} --cap-drop all ${box} grep Cap /proc/self/status | sort -u | cut -f2 | sort -u`,
    stdout: '0000000000000000\n',
  },
  {
    name: '--cap-add',
    run: `${once} --cap-drop all --cap-add NET_ADMIN --cap-add CHOWN ${box} grep CapEff /proc/self/status`,
    stdout: 'CapEff:\t0000000000001001\n',
  },
  {
    name: 'capabilities of another user',
    run: `${once} -u user --cap-add NET_ADMIN ${box} grep -E 'Cap(Eff|Prm|Amb)' /proc/self/status`,
    stdout: 'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n',
  },
  {
    name: '--privileged',
    run: `${once} --privileged ${box} sh -c 'mount -t tmpfs tmpfs /tmp && echo mounted; ls /dev/loop0; grep -c . /proc/kcore >/dev/null 2>&1; grep Seccomp: /proc/self/status; touch /proc/sys/kernel/hostname && echo written'`,
    stdout: 'mounted\n/dev/loop0\nSeccomp:\t0\nwritten\n',
    cannot: { runc: withoutResource },
  },
  {
    name: 'seccomp: default',
    run: `${once} ${box} sh -c 'grep Seccomp: /proc/self/status; unshare -U true 2>/dev/null || echo refused'`,
    stdout: 'Seccomp:\t2\nrefused\n',
  },
  {
    name: 'seccomp=unconfined',
    run: `${once} --security-opt seccomp=unconfined ${box} sh -c 'grep Seccomp: /proc/self/status; unshare -U true && echo allowed'`,
    stdout: 'Seccomp:\t0\nallowed\n',
  },
  {
    name: 'seccomp: a profile',
    run: `echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}' >profile; ${once} --security-opt seccomp=profile ${box} mkdir /x; rm profile`,
    status: 1,
    stderr: /Operation not supported|Not supported/,
  },
  {
    name: 'no-new-privileges',
    run: `${once} --security-opt no-new-privileges ${box} grep NoNewPrivs /proc/self/status`,
    stdout: 'NoNewPrivs:\t1\n',
  },
  {
    name: 'masked and read-only paths',
    run: `${once} ${box} sh -c 'wc -c </proc/keys; ls /proc/scsi /sys/firmware 2>/dev/null | grep -v :; sh -c "echo 1 >/proc/sys/kernel/printk" 2>/dev/null || echo refused'`,
    stdout: /^0\n\s*refused\n$/,
  },
  {
    name: 'systempaths=unconfined',
    run: `${once} --security-opt systempaths=unconfined ${box} sh -c 'grep -c " /proc/" /proc/mounts || true'`,
    stdout: '0\n',
  },
  {
    name: '--ulimit',
    run: `${once} --ulimit nofile=100:200 --ulimit core=0 ${box} sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c'`,
    stdout: '100\n200\n0\n',
  },
  {
    name: '--sysctl',
    run: `${once} --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=9999 ${box} cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax`,
    stdout: '1\n9999\n',
  },
  { name: '--oom-score-adj', run: `${once} --oom-score-adj 100 ${box} cat /proc/self/oom_score_adj`, stdout: '100\n' },
  {
    name: '--pid host',
    run: `${once} --pid host ${box} sh -c 'ps -o args | grep -c "^dockerd\\|[/]dockerd"'`,
    stdout: /^[1-9]/,
  },
  {
    name: '--pid host: nobody stays behind',
    run: `${started} one --pid host ${box} sh -c 'sleep 4242 & sleep 4242' >/dev/null; await 'test $(ps -eo args | grep -c "^sleep 4242") = 2'; docker rm -f one; await '! ps -eo args | grep "^sleep 4242"'; ps -eo args | grep -c '^sleep 4242' || true`,
    stdout: 'one\n0\n',
  },
  {
    name: '--pid container',
    run: `${started} one ${stays} >/dev/null; ${once} --pid container:one ${box} ps -o args | grep -c '^sleep 1000'; docker rm -f one`,
    stdout: '1\none\n',
  },
  {
    name: '--ipc',
    run: `${started} one --ipc shareable ${stays} >/dev/null; docker exec one touch /dev/shm/x; ${once} --ipc container:one ${box} ls /dev/shm; ${once} --ipc none ${box} sh -c 'ls -d /dev/shm 2>/dev/null || echo none'; test "$(${once} --ipc host ${box} readlink /proc/self/ns/ipc)" = "$(readlink /proc/self/ns/ipc)"; docker rm -f one`,
    stdout: 'x\nnone\none\n',
  },
  {
    name: '--network host',
    run: `test "$(docker run --rm --network host ${box} readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)"`,
  },
  {
    name: '--network container',
    run: `${started} one ${stays} >/dev/null; test "$(docker run --rm --network container:one ${box} readlink /proc/self/ns/net)" = "$(docker exec one readlink /proc/self/ns/net)"; docker rm -f one`,
    stdout: 'one\n',
  },
  { name: '--uts host', run: `${once} --uts host ${box} hostname | cmp - /proc/sys/kernel/hostname` },
  {
    name: '--cgroupns',
    run: `${once} --cgroupns private ${box} cat /proc/self/cgroup | cut -d: -f3 | sort -u; ${once} --cgroupns host ${box} cat /proc/self/cgroup | grep -c /docker/`,
    stdout: /^\/\n[1-9]/,
  },
  {
    name: '--cgroup-parent',
    run: `${once} --cgroup-parent /parent --cgroupns host ${box} grep memory /proc/self/cgroup; find /sys/fs/cgroup -depth -type d -name parent -exec rmdir {} +`,
    stdout: /:memory:\/parent\/[0-9a-f]{64}\n/,
  },
  {
    name: 'healthcheck',
    run: `${started} one --health-cmd 'test -e /well' --health-interval 0.5s --health-retries 1 ${stays} >/dev/null; await "docker inspect -f '{{.State.Health.Status}}' one | grep unhealthy"; docker inspect -f '{{.State.Health.Status}}' one; docker exec one touch /well; await "docker inspect -f '{{.State.Health.Status}}' one | grep -x healthy"; docker inspect -f '{{.State.Health.Status}}' one; docker rm -f one`,
    stdout: 'unhealthy\nhealthy\none\n',
  },
  {
    name: 'limits',
    run: `${once} -m 64m --memory-swap 96m --memory-reservation 32m --cpus 1.5 --cpu-shares 512 --cpuset-cpus 0 --cpuset-mems 0 --pids-limit 50 ${box} sh -c 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes memory/memory.soft_limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares cpuset/cpuset.cpus cpuset/cpuset.mems pids/pids.max; grep Cpus_allowed_list /proc/self/status'`,
    stdout: '67108864\n100663296\n33554432\n150000\n512\n0\n0\n50\nCpus_allowed_list:\t0\n',
  },
  {
    name: 'out of memory',
    run: `docker run --network none --name one -m 16m --memory-swap 16m ${box} sh -c 'x=x; while :; do x=$x$x; done' || echo $?; docker inspect -f '{{.State.OOMKilled}}' one; docker rm one`,
    stdout: '137\ntrue\none\n',
  },
  {
    name: 'a refused limit',
    run: `${once} --pids-limit 20 ${box} sh -c 'for i in $(seq 40); do sleep 2 & done 2>&1' 2>&1 | grep -q "an't fork" && echo refused`,
    stdout: 'refused\n',
  },
  {
    name: 'the file descriptors of the first process',
    run: `${once} ${box} ls -1 /proc/self/fd`,
    stdout: '0\n1\n2\n3\n',
  },
  { name: 'nothing on the wire but what was printed', run: `${once} ${box} true 2>&1` },
  {
    name: 'three containers on a network',
    run: `docker network create app >/dev/null
docker run -d --network app --name store ${box} sh -c 'mkdir /w; echo value >/w/key; httpd -f -p 80 -h /w' >/dev/null
docker run -d --network app --name front ${box} sh -c 'mkdir -p /w/cgi-bin; printf "#!/bin/sh\\necho; wget -qO- http://store/key\\n" >/w/cgi-bin/get; chmod +x /w/cgi-bin/get; httpd -f -p 8080 -h /w' >/dev/null
await 'docker exec front wget -qO- http://127.0.0.1:8080/cgi-bin/get'
docker run --rm --network app ${box} wget -qO- http://front:8080/cgi-bin/get
docker run -d --name port -p 127.0.0.1:9999:80 ${box} sh -c 'mkdir /w; echo published >/w/x; httpd -f -p 80 -h /w' >/dev/null
await 'docker exec port wget -qO- http://127.0.0.1/x'; busybox wget -qO- http://$(docker inspect -f '{{.NetworkSettings.IPAddress}}' port)/x; busybox wget -qO- http://127.0.0.1:9999/x
docker rm -f store front port; docker network rm app`,
    stdout: 'value\npublished\npublished\nstore\nfront\nport\napp\n',
  },
  {
    name: 'events',
    run: `since=$(date +%s.%N); ${once} --name one ${box} true; docker events --since $since --until $(date +%s.%N) --filter type=container --format '{{.Action}}'`,
    stdout: 'create\nattach\nstart\ndie\ndestroy\n',
  },
  {
    name: 'a shim is killed',
    run: `${started} one ${stays} >/dev/null; pid=$(docker inspect -f '{{.State.Pid}}' one); kill -9 $(ps -o ppid= -p $pid); await "docker inspect -f '{{.State.Running}}' one | grep false"; docker inspect -f '{{.State.Running}}' one; test ! -e /proc/$pid; docker rm -f one`,
    stdout: 'false\none\n',
  },
];

/** What asks for more than these machines have. */
const beyond: readonly Check[] = [
  {
    name: '--oom-score-adj: below zero',
    run: `${once} --oom-score-adj -500 ${box} cat /proc/self/oom_score_adj`,
    stdout: '-500\n',
    cannot: { either: 'only CAP_SYS_RESOURCE makes a score less. proc_pid_oom_score_adj(5)' },
  },
  {
    name: '--ulimit: more than the machine has',
    run: `${once} --ulimit nofile=2000000 ${box} sh -c 'ulimit -n'`,
    stdout: '2000000\n',
    cannot: { either: 'only CAP_SYS_RESOURCE raises a hard limit. setrlimit(2)' },
  },
  {
    name: '--blkio-weight',
    run: `${once} --blkio-weight 300 ${box} cat /sys/fs/cgroup/blkio/blkio.bfq.weight`,
    stdout: '300\n',
    cannot: { either: 'the kernel has no weights for block devices' },
  },
  {
    name: '--kernel-memory',
    run: `${once} -m 64m --kernel-memory 32m ${box} cat /sys/fs/cgroup/memory/memory.kmem.limit_in_bytes`,
    stdout: '33554432\n',
    cannot: { either: 'kernels since 5.16 have no limit of kernel memory' },
  },
  {
    name: 'checkpoint',
    run: `${started} one ${stays} >/dev/null; docker checkpoint create one point; docker start --checkpoint point one; docker rm -f one`,
    stdout: 'point\none\n',
    cannot: { either: 'criu of Debian bookworm does not know the vDSO of new kernels' },
  },
];

/** The daemon ends in these, so they come in their order and after the others. */
const lives: readonly Check[] = [
  {
    name: 'live-restore',
    run: `${started} one ${box} sh -c 'trap "exit 8" TERM; touch /ready; while :; do sleep 0.1; done' >/dev/null; ${ready}; pid=$(docker inspect -f '{{.State.Pid}}' one); daemon=$(cat /var/run/docker.pid); kill -9 $daemon; await "test ! -e /proc/$daemon"; test -e /proc/$pid; dockerd >>dockerd.log 2>&1 </dev/null &
await 'docker version'
docker exec one echo alive; docker stop one; docker inspect -f '{{.State.ExitCode}}' one; docker rm one`,
    stdout: 'alive\none\n8\none\n',
  },
];

const remapped: readonly Check[] = [
  {
    name: 'userns-remap',
    run: `${once} ${box} sh -c 'id -u; cat /proc/self/uid_map | tr -s " "'`,
    stdout: '0\n 0 200000 65536\n',
  },
  {
    name: 'userns-remap: exec',
    run: `${started} one ${stays} >/dev/null; docker exec one sh -c 'touch /root/x; stat -c %u /root/x'; stat -c %u /proc/$(docker inspect -f '{{.State.Pid}}' one)/root/root/x; docker rm -f one`,
    stdout: '0\n200000\none\n',
  },
  { name: 'userns-remap: a terminal', run: terminal(`${once} -it ${box} tty`), stdout: /\/dev\/pts\/0\r\n/ },
  {
    name: 'userns-remap: bridge, sysctl, limits',
    run: `docker run --rm -m 64m --sysctl net.ipv4.ip_forward=1 ${box} sh -c 'cat /proc/sys/net/ipv4/ip_forward /sys/fs/cgroup/memory/memory.limit_in_bytes; ip -o link | grep -c eth0'`,
    stdout: '1\n67108864\n1\n',
  },
  {
    name: 'userns=host',
    run: `docker run --rm --userns host ${box} cat /proc/self/uid_map | tr -s ' '`,
    stdout: ' 0 0 4294967295\n',
  },
];

const skip = missing('dockerd', 'docker', 'containerd');

t.test('docker', { skip, timeout: 900_000 }, async (t) => {
  const host = makeHost(t);
  startDocker(host);
  await runChecks(t, host, [...checks, ...beyond], habits);
  await runChecks(t, host, lives, habits);
});

t.test('docker with userns-remap', { skip, timeout: 300_000 }, async (t) => {
  const host = makeHost(t);
  host.told('echo renter:x:60701:60701::/:/bin/sh >>/etc/passwd; echo renter:x:60701: >>/etc/group');
  for (const file of ['subuid', 'subgid']) host.told(`echo renter:200000:65536 >/etc/${file}`);
  startDocker(host, { 'userns-remap': 'renter' });
  await runChecks(t, host, remapped, habits);
});
