// spawn and spawnInit: what a child gets, and above all what it does not get.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { InitOptions, InitProcess } from '../../src/native/contract.ts';
import { addon, asRoot, native, plainNode, thrown } from './host.ts';

const here = -100;
const null0 = native.open(here, '/dev/null', 2, 0);
const newUts = 0x04000000;
const newPid = 0x20000000;
const newNet = 0x40000000;
const newUser = 0x10000000;
const folder = fs.mkdtempSync(join(tmpdir(), 'noci-spawn-'));
t.teardown(() => fs.rmSync(folder, { recursive: true }));

function ended(pidfd: number): { status: number | null; signal: number | null } | undefined {
  native.poll([{ fd: pidfd, events: 1 }], 5000);
  const exit = native.waitPidfd(pidfd);
  native.close(pidfd);
  return exit;
}

/** Runs a program and returns what it wrote and how it ended. */
function run(path: string, args: string[], options: { env?: string[]; cwd?: string } = {}) {
  const [reading, writing] = native.pipe();
  const { env = [], cwd = '' } = options;
  const { pidfd } = native.spawn({ path, args, env, cwd, stdio: [null0, writing, writing] });
  native.close(writing);
  const output = fs.readFileSync(reading, 'utf8');
  native.close(reading);
  return { output, exit: ended(pidfd) };
}

function startInit(options: Partial<InitOptions> = {}): InitProcess {
  return native.spawnInit({
    cloneFlags: 0,
    cgroup: -1,
    pidNamespace: -1,
    joined: [],
    joinedTypes: [],
    stdio: [null0, null0, null0],
    preserved: [],
    timeout: -1,
    ...options,
  });
}

/** Lets an init go that got no plan: at the end of the handshake it leaves by itself. */
function dismiss(init: InitProcess) {
  native.close(init.socket);
  return ended(init.pidfd);
}

function fdsOf(pid: number): string[] {
  return fs.readdirSync(`/proc/${pid}/fd`).map((fd) => `${fd} ${fs.readlinkSync(`/proc/${pid}/fd/${fd}`)}`);
}

t.test('a program, its arguments, its environment, its directory', async (t) => {
  const { output, exit } = run('/bin/sh', ['sh', '-c', 'echo "$0 $1 $A $PWD"; exit 7', 'zero', 'é\udcff'], {
    env: ['A=b c', 'PATH=/none'],
    cwd: folder,
  });
  t.equal(output, `zero é\ufffd b c ${folder}\n`);
  t.strictSame(exit, { status: 7, signal: null });
  t.strictSame(run('/bin/sh', ['sh', '-c', 'kill -9 $$']).exit, { status: null, signal: 9 });
});

t.test('default signals, nothing blocked, a group of its own, no other fds', async (t) => {
  fs.openSync('/dev/null', 'r');
  const { output } = run('/bin/sh', ['sh', '-c', 'cat /proc/self/status; ls /proc/self/fd; cat /proc/$$/stat']);
  for (const set of ['SigBlk', 'SigIgn', 'SigCgt']) t.match(output, new RegExp(`${set}:\\s0{16}\n`), set);
  t.match(output, /\n0\n1\n2\n3\n\d+ \(sh\)/, 'stdio and the directory that ls reads');
  const [, pid, group] = output.match(/(\d+) \(sh\) \S+ \d+ (\d+)/) ?? [];
  t.equal(pid, group);
});

t.test('what cannot be executed is an error of the call, and no process is left', async (t) => {
  const stdio = [null0, null0, null0] as const;
  const spawn = (path: string, cwd = '') => thrown(() => native.spawn({ path, args: ['x'], env: [], cwd, stdio }));
  fs.writeFileSync(join(folder, 'text'), 'no program', { mode: 0o755 });
  fs.writeFileSync(join(folder, 'plain'), '#!/bin/sh\n', { mode: 0o644 });
  t.strictSame(spawn('/no/such/file'), {
    message: 'no such file or directory',
    code: 'ENOENT',
    errno: 2,
    syscall: 'fork/exec',
    path: '/no/such/file',
  });
  t.match(spawn(folder), { code: 'EACCES', message: 'permission denied', path: folder });
  t.match(spawn(join(folder, 'plain')), { code: 'EACCES' });
  t.match(spawn(join(folder, 'text')), { code: 'ENOEXEC', message: 'exec format error' });
  t.match(spawn('/bin/true', '/no/such/directory'), { code: 'ENOENT', syscall: 'chdir', path: '/no/such/directory' });
  t.match(spawn('true'), { code: 'EINVAL', message: 'invalid argument: path must be absolute' });
  const closed = native.open(here, '/dev/null', 0, 0);
  native.close(closed);
  const program = { path: '/bin/true', args: ['true'], env: [], cwd: '' };
  t.match(
    thrown(() => native.spawn({ ...program, stdio: [closed, null0, null0] })),
    { code: 'EBADF' },
  );
  t.equal(native.reap(), undefined);
});

t.test('options are checked', async (t) => {
  const program = { path: '/bin/true', args: ['true'], env: [], cwd: '', stdio: [null0, null0, null0] as const };
  for (const wrong of [
    { path: '/bin\u0000/true' },
    { args: ['a', 1] },
    { args: 'true' },
    { env: [null] },
    { cwd: undefined },
    { stdio: [0, 1] },
    { stdio: [0, 1, 2, 3] },
    { stdio: [0, 1, -1] },
  ]) {
    t.match(
      thrown(() => native.spawn({ ...program, ...(wrong as object) })),
      { code: 'EINVAL', syscall: 'spawn' },
    );
  }
  t.match(
    thrown(() => native.spawn({ ...program, args: ['a', 1] as unknown as string[] })),
    {
      message: 'invalid argument: args[1] must be a string',
    },
  );
  const init = {
    cloneFlags: 0,
    cgroup: -1,
    pidNamespace: -1,
    joined: [],
    joinedTypes: [],
    stdio: [0, 1, 2],
    preserved: [],
    timeout: -1,
  } as const;
  for (const wrong of [
    { cloneFlags: 0x100 },
    { cloneFlags: -1 },
    { cgroup: -2 },
    { pidNamespace: '3' },
    { preserved: [-1] },
  ]) {
    t.match(
      thrown(() => native.spawnInit({ ...init, ...(wrong as object) })),
      { code: 'EINVAL', syscall: 'spawnInit' },
    );
  }
});

t.test('an environment that is too large', async (t) => {
  const env = ['A='.padEnd(1 << 20, 'x')];
  const stdio = [null0, null0, null0] as const;
  t.match(
    thrown(() => native.spawn({ path: '/bin/true', args: ['true'], env, cwd: '', stdio })),
    {
      code: 'E2BIG',
      message: 'argument list too long',
    },
  );
});

t.test('init waits with nothing but stdio, its socket and the preserved fds', asRoot, async (t) => {
  const kept = [native.open(here, '/etc/passwd', 0, 0), native.open(here, '/etc/group', 0, 0)];
  const other = fs.openSync('/etc/hostname', 'r');
  const init = startInit({ preserved: kept });
  t.strictSame(
    fdsOf(init.pid).map((line) => line.replace(/\[\d+\]/, '')),
    ['0 /dev/null', '1 /dev/null', '2 /dev/null', '3 socket:', '4 /etc/passwd', '5 /etc/group'],
  );
  const status = fs.readFileSync(`/proc/${init.pid}/status`, 'utf8');
  for (const set of ['SigBlk', 'SigIgn', 'SigCgt']) t.match(status, new RegExp(`${set}:\\s0{16}\n`), set);
  t.match(status, /Threads:\s1\n/);
  t.equal(fs.readFileSync(`/proc/${init.pid}/environ`, 'utf8'), '');
  fs.closeSync(other);
  for (const fd of kept) native.close(fd);
  dismiss(init);
});

t.test('the places of fds may overlap in any way', asRoot, async (t) => {
  const files = ['/etc/passwd', '/etc/group', '/etc/hosts'].map((path) => native.open(here, path, 0, 0));
  const [a = -1, b = -1, c = -1] = files;
  const init = startInit({ stdio: [c, a, b], preserved: [2, 1, 0, c, c, a] });
  const links = fdsOf(init.pid).map((line) => line.split(' ')[1]);
  const own = (fd: number) => fs.readlinkSync(`/proc/self/fd/${fd}`);
  const wanted = [c, a, b, -1, 2, 1, 0, c, c, a].map((fd) => (fd < 0 ? links[3] : own(fd)));
  t.strictSame(links, wanted);
  for (const fd of files) native.close(fd);
  dismiss(init);
});

t.test('a hundred of them', asRoot, async (t) => {
  const paths = Array.from({ length: 100 }, (_, index) => join(folder, `preserved-${index}`));
  for (const path of paths) fs.writeFileSync(path, '');
  const fds = paths.map((path) => native.open(here, path, 0, 0)).reverse();
  const init = startInit({ preserved: fds });
  const links = fds.map((_, index) => fs.readlinkSync(`/proc/${init.pid}/fd/${4 + index}`));
  t.strictSame(links, paths.reverse());
  t.equal(fdsOf(init.pid).length, 104);
  for (const fd of fds) native.close(fd);
  dismiss(init);
});

t.test('its image is sealed', asRoot, async (t) => {
  const init = startInit();
  const exe = `/proc/${init.pid}/exe`;
  t.match(fs.readlinkSync(exe), /memfd:noci-init/);
  t.match(
    thrown(() => native.open(here, exe, 1, 0)),
    { code: /ETXTBSY|EPERM/ },
  );
  dismiss(init);
  const script = 'import fcntl,os,sys; print(fcntl.fcntl(os.open(sys.argv[1], 0), 1034) & 0xf)';
  const again = startInit();
  t.equal(execFileSync('python3', ['-c', script, `/proc/${again.pid}/exe`], { encoding: 'utf8' }).trim(), '15');
  dismiss(again);
});

t.test('namespaces of its own', asRoot, async (t) => {
  const init = startInit({ cloneFlags: newUts | newPid | newNet });
  const link = (pid: number | string, name: string) => fs.readlinkSync(`/proc/${pid}/ns/${name}`);
  // init makes it itself, while the runtime goes on
  for (let wait = 0; wait < 500 && link(init.pid, 'net') === link('self', 'net'); wait++) native.poll([], 10);
  for (const name of ['uts', 'pid', 'net']) t.not(link(init.pid, name), link('self', name), name);
  for (const name of ['mnt', 'ipc', 'user']) t.equal(link(init.pid, name), link('self', name), name);
  t.match(fs.readFileSync(`/proc/${init.pid}/status`, 'utf8'), /NSpid:\s\d+\s1\n/);
  const namespace = native.open(here, `/proc/${init.pid}/ns/pid`, 0, 0);
  const inside = startInit({ pidNamespace: namespace });
  t.equal(link(inside.pid, 'pid'), link(init.pid, 'pid'), 'a second one joins');
  t.equal(link('self', 'pid_for_children'), link('self', 'pid'), 'the runtime has come back');
  dismiss(inside);
  dismiss(init);
  t.match(
    thrown(() => startInit({ pidNamespace: namespace })),
    { code: 'ENOMEM', syscall: 'clone3' },
  );
  t.equal(link('self', 'pid_for_children'), link('self', 'pid'), 'also after an error');
  native.close(namespace);
  t.match(
    thrown(() => startInit({ pidNamespace: null0 })),
    { code: 'EINVAL', syscall: 'setns' },
  );
});

t.test('in a user namespace whose maps are not yet written it keeps its capabilities', asRoot, async (t) => {
  const init = startInit({ cloneFlags: newUser | newUts });
  const status = fs.readFileSync(`/proc/${init.pid}/status`, 'utf8');
  const [, last = ''] = fs.readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8').match(/(\d+)/) ?? [];
  const all = ((1n << (BigInt(last) + 1n)) - 1n).toString(16).padStart(16, '0');
  for (const set of ['CapPrm', 'CapEff']) t.match(status, new RegExp(`${set}:\\s${all}\n`), set);
  native.writeControl(here, `/proc/${init.pid}/uid_map`, '0 0 1\n');
  dismiss(init);
});

const cgroup2 = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) => native.statfs(path) === 0x63677270);
const onCgroup2 = cgroup2 === undefined ? { skip: 'no cgroup2 is mounted' } : asRoot;

t.test('it starts in its cgroup', onCgroup2, async (t) => {
  const directory = `${cgroup2}/noci-spawn-${process.pid}`;
  native.mkdir(here, directory, 0o755);
  t.teardown(() => native.unlink(here, directory, 0x200));
  const cgroup = native.open(here, directory, 0o200000, 0);
  const init = startInit({ cgroup });
  t.match(fs.readFileSync(`/proc/${init.pid}/cgroup`, 'utf8'), `0::/noci-spawn-${process.pid}`);
  native.close(cgroup);
  dismiss(init);
});

t.test('in a cgroup, with a time to be ready in', onCgroup2, async (t) => {
  const directory = `${cgroup2}/noci-spawn-timeout-${process.pid}`;
  native.mkdir(here, directory, 0o755);
  t.teardown(() => native.unlink(here, directory, 0x200));
  const cgroup = native.open(here, directory, 0o200000, 0);
  const open = () => fs.readdirSync('/proc/self/fd').length;
  const before = open();
  const kept = native.open(here, '/etc/passwd', 0, 0);
  const init = startInit({ cgroup, timeout: 5000, preserved: [kept] });
  t.match(fs.readFileSync(`/proc/${init.pid}/cgroup`, 'utf8'), `0::/noci-spawn-timeout-${process.pid}`);
  t.strictSame(
    fdsOf(init.pid).map((line) => line.replace(/\[\d+\]/, '')),
    ['0 /dev/null', '1 /dev/null', '2 /dev/null', '3 socket:', '4 /etc/passwd'],
  );
  dismiss(init);
  native.close(kept);
  t.match(
    thrown(() => startInit({ cgroup, timeout: 5000, preserved: [1 << 20] })),
    { code: 'EBADF', syscall: 'fcntl' },
    'its errors come here',
  );
  native.writeControl(here, `${directory}/cgroup.freeze`, '1');
  const start = performance.now();
  t.match(
    thrown(() => startInit({ cgroup, timeout: 300 })),
    { code: 'ETIMEDOUT', syscall: 'clone3' },
  );
  t.ok(performance.now() - start >= 290);
  t.equal(fs.readFileSync(`${directory}/cgroup.procs`, 'utf8'), '', 'it has ended');
  native.writeControl(here, `${directory}/cgroup.freeze`, '0');
  t.equal(open(), before, 'no fd is left');
  native.close(cgroup);
});

t.test('children die with the runtime', asRoot, async (t) => {
  const script = `
    const native = require(process.argv[1]);
    const fd = native.open(-100, '/dev/null', 2, 0);
    const stdio = [fd, fd, fd];
    const init = native.spawnInit({ cloneFlags: 0, cgroup: -1, pidNamespace: -1, joined: [], joinedTypes: [], stdio, preserved: [], timeout: -1 });
    const hook = native.spawn({ path: '/bin/sleep', args: ['sleep', '1000'], env: [], cwd: '', stdio });
    native.write(1, init.pid + ' ' + hook.pid);
    native.kill(native.getpid(), 9);
  `;
  const command = ['-c', '"$@"; :', 'sh', ...plainNode, '-e', script, addon];
  const pids = execFileSync('sh', command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .trim()
    .split(' ');
  t.equal(pids.length, 2);
  const alive = (pid: string) => /State:\s[^Z]/.test(statusOf(pid));
  for (let wait = 0; wait < 100 && pids.some(alive); wait++) native.poll([], 10);
  t.strictSame(pids.filter(alive), []);
});

function statusOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

t.test('only the main thread starts processes', async (t) => {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     try {
       require(workerData).spawn({ path: '/bin/true', args: ['true'], env: [], cwd: '', stdio: [0, 1, 2] });
       parentPort.postMessage('started');
     } catch (error) { parentPort.postMessage(error.message); }`,
    { eval: true, workerData: addon },
  );
  const message = await new Promise((resolve) => worker.once('message', resolve));
  t.equal(message, 'a process is started by the main thread only');
  await worker.terminate();
});

t.test('every exit status, and signals', async (t) => {
  const status = (code: number) => run('/bin/sh', ['sh', '-c', `exit ${code}`]).exit?.status;
  for (const code of [0, 1, 2, 126, 127, 128, 137, 254, 255]) t.equal(status(code), code);
  for (const signal of [1, 2, 6, 15]) t.equal(run('/bin/sh', ['sh', '-c', `kill -${signal} $$`]).exit?.signal, signal);
});

t.test('no fd is left behind', asRoot, async (t) => {
  const before = fs.readdirSync('/proc/self/fd').length;
  for (let round = 0; round < 20; round++) {
    dismiss(startInit({ cloneFlags: newUts }));
    run('/bin/true', ['true']);
    thrown(() => native.spawn({ path: '/none', args: [], env: [], cwd: '', stdio: [null0, null0, null0] }));
  }
  t.equal(fs.readdirSync('/proc/self/fd').length, before);
});
