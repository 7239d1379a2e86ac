// Steps that set one attribute of the process or its namespaces, judged by a probe that the same init executes, or by /proc.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import t, { type Test } from 'tap';
import type { InitProcess, InitStep } from '../../src/native/contract.ts';
import { asRoot, native } from './host.ts';
import { execute, type Outcome, probePath, type RunOptions, runInit } from './process-run.ts';

const NEWCGROUP = 0x0200_0000;
const NEWIPC = 0x0800_0000;
const NEWNET = 0x4000_0000;
const NEWPID = 0x2000_0000;
const NEWUSER = 0x1000_0000;
const NEWUTS = 0x0400_0000;
const unlimited = 0xffff_ffff_ffff_ffffn;

// biome-ignore lint/suspicious/noExplicitAny: the probe's document is as wide as the process state
function probe(t: Test, steps: readonly InitStep[], options: RunOptions & { args?: string[] } = {}): any {
  const outcome = runInit([...steps, ...execute([probePath, ...(options.args ?? [])])], options);
  t.equal(outcome.failure, undefined, 'no step fails');
  t.strictSame(outcome.exit, { status: 0, signal: null }, outcome.stderr);
  return JSON.parse(outcome.stdout);
}

function failure({
  failure,
}: Outcome): [string | undefined, string | undefined, string | undefined, string | undefined] {
  return [failure?.syscall, failure?.code, failure?.path, failure?.text];
}

t.test('nothing but stdio and defaults reaches a process that asked for nothing', { ...asRoot }, async (t) => {
  const state = probe(t, []);
  t.strictSame(
    state.fds.map(({ fd }: { fd: number }) => fd),
    [0, 1, 2],
  );
  t.strictSame(state.signals, { blocked: '0', ignored: '0' });
  t.strictSame(state.env, ['PATH=/bin', 'HOME=/']);
  t.match(state.attributes, { noNewPrivs: 0, dumpable: 1, parentDeathSignal: 0, keepCapabilities: 0, securebits: 0 });
});

t.test('hostname and domainname', { ...asRoot }, async (t) => {
  const steps: InitStep[] = [
    { step: 'sethostname', name: 'mine' },
    { step: 'setdomainname', name: 'example.org' },
  ];
  t.match(probe(t, steps, { cloneFlags: NEWUTS }), { hostname: 'mine', domainname: 'example.org' });
  const long = runInit([{ step: 'sethostname', name: 'a'.repeat(65) }], { cloneFlags: NEWUTS });
  t.strictSame(failure(long), ['sethostname', 'EINVAL', 'a'.repeat(65), '']);
});

t.test('setsid makes a session without a terminal', { ...asRoot }, async (t) => {
  t.match(probe(t, []).attributes, { sessionLeader: 0 });
  t.match(probe(t, [{ step: 'setsid' }]).attributes, { sessionLeader: 1, controllingTerminal: 0 });
  t.match(probe(t, [{ step: 'setsid' }, { step: 'setsid' }]).attributes, { sessionLeader: 1 }, 'twice is fine');
});

t.test('session_keyring leaves the keyring of the caller', { ...asRoot }, async (t) => {
  const steps: InitStep[] = [{ step: 'session_keyring', name: '_ses.test', permissions: 0x80000 }];
  const [type, , , permissions, name] = probe(t, steps).attributes.sessionKeyring.split(';');
  t.strictSame([type, name], ['keyring', '_ses.test']);
  t.equal(Number.parseInt(permissions, 16) & 0x80000, 0x80000);
});

t.test('loopback_up', { ...asRoot }, async (t) => {
  const path = '/proc/self/net/if_inet6';
  const [{ text }] = probe(t, [{ step: 'loopback_up' }], { cloneFlags: NEWNET, args: ['--read', path] }).read;
  t.match(text, /^0{31}1 .* lo$/m);
  const [before] = probe(t, [], { cloneFlags: NEWNET, args: ['--read', path] }).read;
  t.equal(before.text, '', 'a new network namespace has it down');
});

t.test('umask, no_new_privs, personality, io_priority', { ...asRoot }, async (t) => {
  const { attributes, scheduler } = probe(t, [
    { step: 'umask', mask: 0o27 },
    { step: 'no_new_privs' },
    { step: 'personality', domain: 8 },
    { step: 'io_priority', priority: (2 << 13) | 3 },
  ]);
  t.match(attributes, { umask: 0o27, noNewPrivs: 1, personality: 8 });
  const before = process.umask(0o072);
  t.teardown(() => process.umask(before));
  t.match(probe(t, []).attributes, { umask: 0o072 }, 'that of the caller without the step');
  t.equal(scheduler.ioprio, (2 << 13) | 3);
});

t.test('scheduler', { ...asRoot }, async (t) => {
  const base = { step: 'scheduler', flags: 0, nice: 0, priority: 0, runtime: 0, deadline: 0, period: 0 } as const;
  t.match(probe(t, [{ ...base, policy: 3, nice: 5 }]).scheduler, { policy: 3, nice: 5 });
  t.match(probe(t, [{ ...base, policy: 1, priority: 10, flags: 1 }]).scheduler, {
    policy: 1,
    priority: 10,
    flags: '1',
  });
  const times = { runtime: 10_000_000, deadline: 20_000_000n, period: 30_000_000 };
  const deadline = probe(t, [{ ...base, ...times, policy: 6 }]).scheduler;
  t.match(deadline, { policy: 6, runtime: '989680', deadline: '1312d00', period: '1c9c380' });
  t.strictSame(failure(runInit([{ ...base, policy: 1, priority: 1000 }])), ['sched_setattr', 'EINVAL', '', '']);
});

t.test('memory_policy', { ...asRoot }, async (t) => {
  t.match(probe(t, [{ step: 'memory_policy', mode: 2, nodes: [0] }]).scheduler, { mempolicy: 2, mempolicyNodes: '1' });
  t.match(probe(t, [{ step: 'memory_policy', mode: 0, nodes: [] }]).scheduler, { mempolicy: 0 });
  for (const node of [1024, -1, 2 ** 40]) {
    const outcome = runInit([{ step: 'memory_policy', mode: 2, nodes: [node] }]);
    t.strictSame(failure(outcome), ['set_mempolicy', 'EINVAL', '', ''], `node ${node}`);
  }
});

t.test('affinity', { ...asRoot }, async (t) => {
  const all = probe(t, [{ step: 'affinity', cpus: [] }]).scheduler.affinity;
  const last = all.at(-1);
  t.strictSame(probe(t, [{ step: 'affinity', cpus: [last] }]).scheduler.affinity, [last]);
  const narrowed = probe(t, [
    { step: 'affinity', cpus: [last] },
    { step: 'affinity', cpus: [] },
  ]);
  t.strictSame(narrowed.scheduler.affinity, all, 'an inherited affinity is undone');
  t.strictSame(failure(runInit([{ step: 'affinity', cpus: [8191] }])), ['sched_setaffinity', 'EINVAL', '', '']);
});

t.test('rlimit is exact in 64 bits and names the limit it cannot set', { ...asRoot }, async (t) => {
  const fileSize: InitStep = { step: 'rlimit', resource: 1, soft: 2n ** 53n + 1n, hard: unlimited - 1n };
  const { rlimits } = probe(t, [fileSize, { step: 'rlimit', resource: 7, soft: 64, hard: 128 }]);
  t.strictSame(rlimits[1], ['20000000000001', 'fffffffffffffffe']);
  t.strictSame(rlimits[7], ['40', '80']);
  const wrong = runInit([{ step: 'rlimit', resource: 7, soft: 5, hard: 4 }]);
  t.strictSame(failure(wrong), ['prlimit', 'EINVAL', 'RLIMIT_NOFILE', '']);
});

t.test('oom_score_adj', { ...asRoot }, async (t) => {
  t.equal(probe(t, [{ step: 'oom_score_adj', value: 321 }]).oomScoreAdj[0], '321');
  t.equal(probe(t, [{ step: 'oom_score_adj', value: 322 }], { cloneFlags: NEWPID }).oomScoreAdj[0], '322');
  const outcome = runInit([{ step: 'oom_score_adj', value: 1001 }]);
  t.strictSame(failure(outcome), ['write', 'EINVAL', '/proc/self/oom_score_adj', '']);
});

t.test('time_namespace', { ...asRoot }, async (t) => {
  const now = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  const offsets = 'boottime 172800 5\nmonotonic 86400 0\n';
  const state = probe(t, [{ step: 'time_namespace', offsets }]);
  t.match(state.timensOffsets.join('\n').replaceAll(/ +/g, ' '), /monotonic 86400 0\nboottime 172800 5/);
  t.not(state.namespaces.time, readlinkSync('/proc/self/ns/time'));
  const [uptime] = probe(t, [{ step: 'time_namespace', offsets }], { args: ['--read', '/proc/uptime'] }).read;
  t.ok(Math.abs(Number(uptime.text.split(' ')[0]) - now - 172800) < 60, uptime.text);
  const wrong = runInit([{ step: 'time_namespace', offsets: 'realtime 1 1' }]);
  t.strictSame(failure(wrong), ['write', 'EINVAL', '/proc/self/timens_offsets', '']);
});

t.test('setns joins what the fd names and nothing of another type', { ...asRoot }, async (t) => {
  const seen: string[] = [];
  let joined: Outcome | undefined;
  const types = { ipc: NEWIPC, uts: NEWUTS, net: NEWNET };
  const join = (pid: number, of: { readonly [name: string]: number }): InitStep[] =>
    Object.entries(of).map(([name, type]) => {
      const path = `/proc/${pid}/ns/${name}`;
      const namespace = openSync(path, 'r');
      t.teardown(() => closeSync(namespace));
      return { step: 'setns', namespace, type, path };
    });
  const look = ({ pid }: InitProcess): void => {
    for (const name of Object.keys(types)) seen.push(readlinkSync(`/proc/${pid}/ns/${name}`));
    joined = runInit([...join(pid, types), ...execute([probePath])]);
    const wrong = runInit(join(pid, { uts: NEWNET }));
    t.strictSame(failure(wrong), ['setns', 'EINVAL', `/proc/${pid}/ns/uts`, '']);
  };
  runInit(execute(['true']), { cloneFlags: NEWIPC | NEWUTS | NEWNET, ready: look });
  const { namespaces } = JSON.parse(joined?.stdout ?? '{}');
  t.strictSame([namespaces.ipc, namespaces.uts, namespaces.net], seen);
});

t.test('a user namespace: its root, then a user of it', { ...asRoot }, async (t) => {
  const started = ({ pid }: InitProcess): void => {
    writeFileSync(`/proc/${pid}/uid_map`, '0 100000 65536');
    writeFileSync(`/proc/${pid}/gid_map`, '0 200000 65536');
  };
  const cloneFlags = NEWUSER | NEWUTS;
  const root = { step: 'become_root' } as const;
  const first = runInit([root, { step: 'sethostname', name: 'mine' }, ...execute([probePath])], {
    cloneFlags,
    started,
  });
  t.equal(first.failure, undefined);
  const seen = JSON.parse(first.stdout || '{}');
  t.match(seen, { uid: [0, 0, 0], gid: [0, 0, 0], hostname: 'mine' });
  t.match(seen.capabilities, { inheritable: '0', ambient: '0' });
  const other = runInit([root, ...execute([probePath], { uid: 5, gid: 6, groups: [7] })], { cloneFlags, started });
  t.match(JSON.parse(other.stdout || '{}'), { uid: [5, 5, 5], gid: [6, 6, 6], groups: [7] });
  const unmapped = runInit([root, ...execute(['true'], { uid: 70000 })], { cloneFlags, started });
  t.match(unmapped.failure?.text, /cannot setuid to unmapped uid 70000 in user namespace$/);
});

const onPids = existsSync('/sys/fs/cgroup/pids/tasks') ? asRoot : { skip: 'needs the pids controller of cgroup v1' };

t.test('cgroup_join moves init alone, and its cgroup namespace starts there', { ...onPids }, async (t) => {
  const directory = `/sys/fs/cgroup/pids/noci-steps-${process.pid}`;
  mkdirSync(directory);
  t.teardown(() => rmdirSync(directory));
  const join = (): InitStep => ({ step: 'cgroup_join', tasks: [openSync(`${directory}/tasks`, 'w')] });
  const pids = (cgroup: string) => /^\d+:pids:(.*)$/m.exec(cgroup)?.[1];
  const before = readFileSync('/proc/self/cgroup', 'utf8');
  t.equal(pids(probe(t, [join()]).cgroup.join('\n')), `/noci-steps-${process.pid}`);
  t.equal(pids(probe(t, [join(), { step: 'unshare', flags: NEWCGROUP }]).cgroup.join('\n')), '/');
  t.equal(readFileSync('/proc/self/cgroup', 'utf8'), before, 'the runtime stays where it was');
});

t.test('sysctl writes in the namespaces of the container, below sys/ and nowhere else', { ...asRoot }, async (t) => {
  const cloneFlags = NEWNET | NEWIPC | NEWUTS;
  const read = (path: string) => readFileSync(`/proc/sys/${path}`, 'utf8').trim();
  for (const [key, value, seen = value] of [
    ['net/ipv4/ip_forward', '1'],
    ['net/ipv4/ping_group_range', '0 2147483647', '0\t2147483647'],
    ['net/core/somaxconn', '111'],
    ['kernel/msgmax', '65536'],
    ['kernel/sem', '250 32000', '250\t32000\t500\t32000'],
    ['kernel/domainname', 'example.org'],
  ] as const) {
    const before = read(key);
    const outcome = runInit([{ step: 'sysctl', key, value }, ...execute(['cat', `/proc/sys/${key}`])], { cloneFlags });
    t.strictSame([outcome.failure, outcome.warnings, outcome.stdout.trim()], [undefined, [], seen], key);
    t.equal(read(key), before, `${key} of the host is as it was`);
  }
  for (const [key, value, syscall, code] of [
    ['net/nope', '1', 'open', 'ENOENT'],
    ['net', '1', 'open', 'EISDIR'],
    ['../self/oom_score_adj', '500', 'open', 'EXDEV'],
    ['/net/ipv4/ip_forward', '1', 'open', 'EXDEV'],
    ['net/ipv4/ip_forward', 'x', 'write', 'EINVAL'],
  ] as const) {
    const outcome = runInit([{ step: 'sysctl', key, value }], { cloneFlags });
    t.strictSame(failure(outcome), [syscall, code, `/proc/sys/${key}`, ''], key);
  }
});

t.test('sysctl warns where the kernel has another value than was written', { ...asRoot }, async (t) => {
  const outcome = runInit([{ step: 'sysctl', key: 'kernel/shmmax', value: '0x1000000' }], { cloneFlags: NEWIPC });
  t.strictSame(outcome.warnings, ['/proc/sys/kernel/shmmax: wrote "0x1000000", the kernel has "16777216"']);
  t.equal(outcome.failure, undefined);
});

t.test('init dies with the runtime until ready is answered, and cannot be looked into', { ...asRoot }, async (t) => {
  const seen: unknown[] = [];
  const look = ({ pid }: InitProcess): void => {
    seen.push(native.stat(-100, `/proc/${pid}/fd`, 0)?.uid);
  };
  runInit(execute(['true'], { uid: 1000, gid: 1000 }), { ready: look });
  t.strictSame(seen, [0], 'files of a process that is not dumpable are root’s, also after the change of uid');
});
