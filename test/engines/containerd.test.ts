// containerd with its client ctr: the runtime is named by the options of io.containerd.runc.v2.
import t from 'tap';
import { type Check, type Habits, runChecks } from './check.ts';
import { missing, startContainerd } from './engine.ts';
import { makeHost } from './host.ts';

const box = 'localhost/box:1';

const options = '--runc-binary /usr/bin/noci';
const once = `ctr run --rm ${options}`;
const started = `ctr run -d ${options}`;
const stays = `${box} one sleep 1000`;
const end = 'ctr task rm -f one >/dev/null 2>&1 || true; ctr container rm one';
/** ctr forgets an end of stdin that comes before it asked for the task. */
const terminal = (command: string) => `script -qec '${command}' /dev/null 0<>endless`;
const stopped = "await 'ctr task ls | grep -q STOPPED'";
/** The process of the container. */
const pid = '$(ctr task ls | awk \'$1 == "one" {print $2}\')';

const habits: Habits = {
  tidy: 'ctr task ls -q | xargs -r -n 1 ctr task rm -f; ctr container ls -q | xargs -r ctr container rm',
  // the socket of a shim that was killed; pipes that ctr does not remove; the folder of a namespace, empty; compiled filters, which are for the next container
  keeps:
    /^\/run\/containerd\/s\/|^\/run\/containerd\/runc(\/default)?$|^\/run\/containerd\/fifo\/|\.task\/other$|^\/run\/elsewhere|\/@seccomp/,
};

const checks: readonly Check[] = [
  { name: 'run', run: `${once} ${box} one echo hello`, stdout: 'hello\n' },
  { name: 'run: exit status', run: `${once} ${box} one sh -c 'exit 42'`, status: 42 },
  { name: 'run: stdin', run: `{ echo text >&0; ${once} ${box} one head -1; } 0<>endless`, stdout: 'text\n' },
  {
    name: 'run: not found',
    run: `${once} ${box} one nothing; ${end}`,
    status: 1,
    stderr: /executable file not found in \$PATH/,
  },
  { name: 'run -t', run: terminal(`${once} -t ${box} one tty`), stdout: /\/dev\/pts\/0\r/ },
  {
    name: 'run: the state that the runtime keeps',
    run: `${started} ${stays}; noci --root /run/containerd/runc/default state one | grep '"status"'; ctr task ls | awk 'NR > 1 {print $1, $3}'; ${end}; test ! -e /run/containerd/runc/default/one`,
    stdout: /"running"[\s\S]*one RUNNING\n$/,
  },
  { name: 'run --no-pivot', run: `${once} --no-pivot ${box} one echo hello`, stdout: 'hello\n' },
  {
    name: 'run --runc-root',
    run: `ctr run -d ${options} --runc-root /run/elsewhere ${stays}; noci --root /run/elsewhere/default list -q; ${end}`,
    stdout: 'one\n',
  },
  { name: 'run: what is called runc in PATH', run: `ctr run --rm ${box} one echo hello`, stdout: 'hello\n' },
  {
    name: 'run: another shim',
    run: `ctr run --rm --runtime io.containerd.runc.v1 ${box} one echo hello`,
    stdout: 'hello\n',
    cannot: missing('containerd-shim-runc-v1') ? { either: 'containerd has no other since 2.0' } : {},
  },
  {
    name: 'run: another namespace',
    run: `ctr -n other image import image.tar >/dev/null; ctr -n other run --rm ${options} ${box} one echo hello; ctr -n other image rm --sync ${box} localhost/pause:1 >/dev/null; rm -rf /run/containerd/runc/other; find /sys/fs/cgroup -depth -type d -name other -exec rmdir {} +`,
    stdout: 'hello\n',
  },
  {
    name: 'run --read-only',
    run: `${once} --read-only ${box} one sh -c 'touch /x 2>/dev/null || echo read-only'`,
    stdout: 'read-only\n',
  },
  {
    name: 'run --net-host',
    run: `test "$(${once} --net-host ${box} one readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)"`,
  },
  {
    name: 'run --with-ns',
    run: `test "$(${once} --with-ns ipc:/proc/1/ns/ipc ${box} one readlink /proc/self/ns/ipc)" = "$(readlink /proc/self/ns/ipc)"`,
  },
  {
    name: 'run --seccomp',
    run: `${once} --seccomp ${box} one grep Seccomp: /proc/self/status`,
    stdout: 'Seccomp:\t2\n',
  },
  {
    name: 'run --privileged',
    run: `${once} --privileged ${box} one sh -c 'mount -t tmpfs tmpfs /tmp && echo mounted'`,
    stdout: 'mounted\n',
  },
  {
    name: 'run --cap-add, --cap-drop',
    run: `${once} --cap-add CAP_NET_ADMIN --cap-drop CAP_CHOWN ${box} one grep CapEff /proc/self/status`,
    stdout: 'CapEff:\t00000000a80435fa\n',
  },
  {
    name: 'run --cwd, --env',
    run: `${once} --cwd /tmp --env A=b ${box} one sh -c 'pwd; echo $A'`,
    stdout: '/tmp\nb\n',
  },
  {
    name: 'run --uidmap',
    run: `${once} --uidmap 0:200000:65536 --gidmap 0:200000:65536 ${box} one sh -c 'id -u; tr -s " " </proc/self/uid_map'`,
    stdout: '0\n 0 200000 65536\n',
  },
  {
    name: 'run --mount',
    run: `mkdir -p tree; echo text >tree/file; ${once} --mount type=bind,src=$PWD/tree,dst=/tree,options=rbind:ro ${box} one sh -c 'cat /tree/file; touch /tree/x 2>/dev/null || echo read-only'; rm -r tree`,
    stdout: 'text\nread-only\n',
  },
  { name: 'run --device', run: `${once} --device /dev/fuse ${box} one stat -c %t:%T /dev/fuse`, stdout: 'a:e5\n' },
  {
    name: 'run --memory-limit, --cpus',
    run: `${started} --memory-limit 67108864 --cpus 0.5 --cgroup /parent/one ${stays}; cat /sys/fs/cgroup/memory/parent/one/memory.limit_in_bytes /sys/fs/cgroup/cpu/parent/one/cpu.cfs_quota_us; ${end}; find /sys/fs/cgroup -depth -type d -name parent -exec rmdir {} +`,
    stdout: '67108864\n50000\n',
  },
  { name: 'run: no cgroup', run: `${once} --cgroup '' ${box} one echo hello`, stdout: 'hello\n' },
  {
    name: 'out of memory',
    run: `${once} --memory-limit 16777216 ${box} one sh -c 'x=x; while :; do x=$x$x; done'`,
    status: 137,
  },
  {
    name: 'out of memory: the event',
    run: `ctr events >events & listener=$!; await 'ctr image label ${box} again=$(date +%N); grep -q images/update events'; ${started} --memory-limit 16777216 ${box} one sh -c 'until [ -e /go ]; do sleep 0.1; done; x=x; while :; do x=$x$x; done'; ctr task exec --exec-id x one touch /go; await 'grep -q /tasks/oom events'; kill $listener; grep -o '/tasks/oom' events | head -1; rm events; ${end}`,
    stdout: '/tasks/oom\n',
  },
  {
    name: 'run --rootfs',
    run: `mkdir -p rootfs; tar -xOf image.tar ./layer.tar | tar -x -C rootfs; ctr run --rm ${options} --rootfs $PWD/rootfs one /bin/echo hello; rm -r rootfs`,
    stdout: 'hello\n',
  },
  {
    name: 'run --config',
    run: `mkdir -p rootfs; tar -xOf image.tar ./layer.tar | tar -x -C rootfs; cd rootfs; noci spec -b $PWD 2>/dev/null || noci spec; sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"pwd"/' config.json; sed -i "s#\\"path\\": \\"rootfs\\"#\\"path\\": \\"$PWD\\"#" config.json; ctr run --rm ${options} --config config.json one; cd ..; rm -r rootfs`,
    stdout: '/\n',
  },
  {
    name: 'task exec',
    run: `${started} ${stays}; ctr task exec --exec-id x one echo hello; ctr task exec --exec-id x one sh -c 'exit 9' || echo $?; ${end}`,
    stdout: 'hello\n9\n',
  },
  {
    name: 'task exec -t',
    run: `${started} ${stays}; ${terminal('ctr task exec -t --exec-id x one tty')}; ${end}`,
    stdout: /\/dev\/pts\/\d\r/,
  },
  {
    name: 'task exec --user, --cwd',
    run: `${started} ${stays}; ctr task exec --exec-id x --user 1000 --cwd /tmp one sh -c 'id -u; pwd'; ${end}`,
    stdout: '1000\n/tmp\n',
  },
  {
    name: 'task exec: not found',
    run: `${started} ${stays}; ctr task exec --exec-id x one nothing || echo $?; ${end}`,
    stdout: '1\n',
    stderr: /executable file not found in \$PATH/,
  },
  {
    name: 'task exec: many at once',
    run: `${started} ${stays}; for i in $(seq 40); do ctr task exec --exec-id x$i one echo $i & [ $((i % 8)) != 0 ] || wait; done | sort -n | tail -1; ${end}`,
    stdout: '40\n',
  },
  {
    name: 'task kill',
    run: `${started} ${box} one sh -c 'trap "exit 5" TERM; touch /ready; while :; do sleep 0.1; done'; pid=${pid}; await "test -e /proc/$pid/root/ready"; ctr task kill -s TERM one; ${stopped}; ctr task rm one; ctr container rm one`,
    stderr: /non-zero exit code 5/,
  },
  {
    name: 'task kill of what has ended',
    run: `${started} ${box} one true; ${stopped}; ctr task kill -s KILL one || echo $?; ${end}`,
    stdout: '1\n',
    stderr: /process already finished|not found/,
  },
  {
    name: 'task kill -a',
    run: `${started} --with-ns pid:/proc/1/ns/pid ${box} one sh -c 'sleep 4242 & sleep 4242'; await 'test $(ps -eo args | grep -c "^sleep 4242") = 2'; ctr task kill -a -s KILL one; await '! ps -eo args | grep "^sleep 4242"'; ps -eo args | grep -c '^sleep 4242' || true; ${end}`,
    stdout: '0\n',
  },
  {
    name: 'task pause, resume',
    run: `${started} ${stays}; ctr task pause one; ctr task ls | awk 'NR > 1 {print $3}'; ctr task resume one; ctr task ls | awk 'NR > 1 {print $3}'; ${end}`,
    stdout: 'PAUSED\nRUNNING\n',
  },
  { name: 'task rm -f of what is paused', run: `${started} ${stays}; ctr task pause one; ${end}` },
  {
    name: 'task metrics',
    run: `${started} --memory-limit 67108864 ${stays}; ctr task metrics one | grep -E '^(memory.usage_in_bytes|pids.current|memory.limit_in_bytes)' | awk '{print ($2 > 0)}'; ${end}`,
    stdout: /^(1\n)+$/,
  },
  {
    name: 'task ps',
    run: `${started} ${stays}; ctr task exec --exec-id x -d one sleep 77 2>/dev/null || (ctr task exec --exec-id x one sleep 77 &); await 'test $(ctr task ps one | wc -l) = 3'; ctr task ps one | awk 'NR > 1' | wc -l; ${end}`,
    stdout: '2\n',
  },
  {
    name: 'task delete',
    run: `${started} ${box} one sh -c 'exit 3'; ${stopped}; ctr task delete one; ctr container rm one; ctr task ls -q`,
    stderr: /non-zero exit code 3/,
  },
  {
    // by its status: ctr loses what a process printed that has ended when it looks, one time in a hundred
    name: 'task start again',
    run: `ctr container create ${box} one false; ctr task start one || echo $?; ctr task rm one >/dev/null 2>&1 || true; ctr task start one || echo $?; ${end}`,
    stdout: '1\n1\n',
  },
  {
    name: 'a shim is killed',
    run: `${started} ${stays}; pid=${pid}; kill -9 $(ps -o ppid= -p $pid); await "test ! -e /proc/$pid -a ! -e /run/containerd/runc/default/one"; ${end}`,
  },
  {
    name: 'a process is killed from outside',
    run: `${started} ${stays}; kill -9 ${pid}; ${stopped}; ctr task ls | awk 'NR > 1 {print $3}'; ${end}`,
    stdout: 'STOPPED\n',
  },
  {
    name: 'checkpoint',
    run: `${started} ${stays}; ctr task checkpoint one; ${end}`,
    cannot: { either: 'criu of Debian bookworm does not know the vDSO of new kernels' },
  },
];

t.test('containerd', { skip: missing('containerd', 'ctr'), timeout: 600_000 }, async (t) => {
  const host = makeHost(t);
  startContainerd(host);
  // the first container makes folders that stay
  host.told(`${once} ${box} one true`);
  await runChecks(t, host, checks, habits);
});
