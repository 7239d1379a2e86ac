// The talk between the runtime and init, the wait for `start`, and what happens when one of the two is not as it should be.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { InitProcess, InitStep } from '../../src/native/contract.ts';
import { asRoot, native } from './host.ts';
import {
  addBusybox,
  CLONE_NEWNS,
  CLONE_NEWPID,
  end,
  inRoot,
  makeFolder,
  nextMessage,
  runToEnd,
  startInit,
} from './init-run.ts';

const environment: InitStep = { step: 'environment', entries: ['PATH=/bin', 'HOME=/'], uid: 0 };

function execute(...args: string[]): InitStep[] {
  return [environment, { step: 'lookup', name: args[0] ?? '' }, { step: 'ready' }, { step: 'execve', args }];
}

/** As inRoot, but without its `ready`: what follows has one. */
function inside(rootfs: string, steps: readonly InitStep[]): InitStep[] {
  return [...inRoot(rootfs, []).slice(0, -1), ...steps];
}

function processorTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

t.test('runs a program and ends as it ends', asRoot, async (t) => {
  const { rootfs } = makeFolder(t);
  addBusybox(rootfs);
  t.strictSame(runToEnd(inside(rootfs, execute('sh', '-c', 'echo "$0 $1 $PATH $HOME"; exit 7', 'name', 'two words'))), {
    output: 'name two words /bin /\n',
    exit: { status: 7, signal: null },
  });
});

t.test('says one line and 255 when the program cannot be executed after all', asRoot, async (t) => {
  const { rootfs } = makeFolder(t, { bin: { 'run.sh': '#!/no/such/interpreter\n' } });
  execFileSync('chmod', ['755', join(rootfs, 'bin/run.sh')]);
  t.strictSame(runToEnd(inside(rootfs, execute('/bin/run.sh'))), {
    output:
      'exec /bin/run.sh: no such file or directory; its interpreter "/no/such/interpreter" is missing: ' +
      'put that into the root filesystem, or name another one in the first line\n',
    exit: { status: 255, signal: null },
  });
});

t.test('ends without a word when the runtime says no, or is gone', asRoot, async (t) => {
  for (const step of [{ step: 'ready' }, { step: 'request', what: 'hooks' }] as const) {
    const refused = startInit([step]);
    t.match(nextMessage(refused), { type: step.step });
    native.reply(refused.socket, false);
    t.same(nextMessage(refused), { type: 'closed' });
    t.strictSame(end(refused), { status: 1, signal: null });

    const left = startInit([step]);
    t.match(nextMessage(left), { type: step.step });
    native.close(left.socket);
    native.poll([{ fd: left.pidfd, events: 1 }], 5000);
    t.strictSame(native.waitPidfd(left.pidfd), { status: 1, signal: null });
    native.close(left.pidfd);
  }
});

t.test('dies with the runtime until the runtime has recorded it', asRoot, async (t) => {
  const init = startInit([{ step: 'setsid' }, { step: 'ready' }]);
  t.match(nextMessage(init), { type: 'ready' });
  const status = readFileSync(`/proc/${init.pid}/status`, 'utf8');
  t.match(status, /^Name:\tnoci:\[init\]$/m);
  t.match(status, /^SigIgn:\t0+$/m);
  t.match(status, /^SigBlk:\t0+$/m);
  t.throws(() =>
    execFileSync('setpriv', ['--reuid=12345', '--clear-groups', 'readlink', `/proc/${init.pid}/exe`], {
      stdio: 'ignore',
    }),
  );
  t.strictSame(readdirSync(`/proc/${init.pid}/fd`).length, 4, 'stdio and the handshake');
  native.reply(init.socket, false);
  end(init);
});

t.test('waits for a byte on the exec fifo', asRoot, async (t) => {
  const { rootfs, folder } = makeFolder(t);
  addBusybox(rootfs);
  const path = join(folder, 'exec.fifo');
  execFileSync('mkfifo', [path]);
  const fifo = native.open(-100, path, constants.O_RDONLY | constants.O_NONBLOCK, 0);
  const waits: InitStep[] = [
    environment,
    { step: 'lookup', name: 'true' },
    { step: 'ready' },
    { step: 'wait_start', fifo },
    { step: 'execve', args: ['true'] },
  ];
  const init = startInit(inside(rootfs, waits));
  t.match(nextMessage(init), { type: 'ready' });
  native.reply(init.socket, true);
  t.same(nextMessage(init), { type: 'closed' }, 'the handshake is over');

  for (let i = 0; i < 3; i++) closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  await sleep(50);
  const ticks = processorTicks(init.pid);
  await sleep(300);
  t.equal(processorTicks(init.pid), ticks, 'a writer that came and went is not waited for with the CPU');
  t.equal(native.waitPidfd(init.pidfd), undefined);

  const proportional = Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${init.pid}/smaps_rollup`, 'utf8'))?.[1]);
  t.ok(proportional < 200, `${proportional} kB of memory while waiting`);
  t.comment(`Pss of the waiting init: ${proportional} kB, image: ${native.describe().initSize} bytes`);
  const fds = readdirSync(`/proc/${init.pid}/fd`).filter((fd) => Number(fd) > 2);
  const names = fds.map((fd) => readlinkSync(`/proc/${init.pid}/fd/${fd}`)).sort();
  t.strictSame(
    names.filter((name) => name !== '/'),
    [path, 'anon_inode:[eventpoll]'],
    'no handshake any more',
  );

  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  writeSync(writer, '0');
  const [events] = native.poll([{ fd: writer, events: 0 }], 5000);
  t.ok(((events ?? 0) & 8) !== 0, 'POLLERR: the execve has happened');
  closeSync(writer);
  t.strictSame(end(init), { status: 0, signal: null });
});

t.test('a byte that is written and left behind is enough', asRoot, async (t) => {
  const { rootfs, folder } = makeFolder(t);
  addBusybox(rootfs);
  const path = join(folder, 'exec.fifo');
  execFileSync('mkfifo', [path]);
  const fifo = native.open(-100, path, constants.O_RDONLY | constants.O_NONBLOCK, 0);
  const waits: InitStep[] = [
    environment,
    { step: 'lookup', name: 'true' },
    { step: 'ready' },
    { step: 'wait_start', fifo },
    { step: 'execve', args: ['true'] },
  ];
  const init = startInit(inside(rootfs, waits));
  nextMessage(init);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  writeSync(writer, '0');
  closeSync(writer);
  native.reply(init.socket, true);
  t.strictSame(end(init), { status: 0, signal: null });
});

// ── plans that are not plans

/** A frame as init/wire.h has it. */
function frame(
  body: Buffer,
  fields: { magic?: number; version?: number; kind?: number; length?: number; fds?: number } = {},
): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(fields.magic ?? 0x69636f6e, 0);
  header.writeUInt16LE(fields.version ?? 1, 4);
  header.writeUInt16LE(fields.kind ?? 1, 6);
  header.writeUInt32LE(fields.length ?? body.length, 8);
  header.writeUInt32LE(fields.fds ?? 0, 12);
  return Buffer.concat([header, body]);
}

function numbers(...values: [16 | 32 | 64, number][]): Buffer {
  return Buffer.concat(
    values.map(([bits, value]) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(value));
      return bytes.subarray(0, bits / 8);
    }),
  );
}

const lines = Object.keys(native.describe().steps);
const line = (step: string): [16, number] => [16, lines.indexOf(step)];
const head = (steps: number): Buffer => numbers([32, 0], [32, steps]);
const text = (value: string): Buffer => Buffer.concat([numbers([32, value.length]), Buffer.from(`${value}\0`)]);

function startBare(): InitProcess {
  return native.spawnInit({
    cloneFlags: CLONE_NEWNS | CLONE_NEWPID,
    cgroup: -1,
    pidNamespace: -1,
    joined: [],
    joinedTypes: [],
    stdio: [0, 1, 2],
    preserved: [],
    timeout: -1,
  });
}

const broken: Record<string, Buffer> = {
  'another magic': frame(head(0), { magic: 1 }),
  'another version': frame(head(0), { version: 2 }),
  'another kind': frame(head(0), { kind: 2 }),
  'namespaces of another length': frame(numbers([32, 0]), { kind: 8 }),
  'namespaces with fds': frame(numbers([64, 0]), { kind: 8, fds: 1 }),
  'namespaces twice': Buffer.concat([frame(numbers([64, 0]), { kind: 8 }), frame(numbers([64, 0]), { kind: 8 })]),
  'a length without room for a head': frame(Buffer.alloc(7)),
  'a length of more than 16 MiB': frame(head(0), { length: 0x1000001 }),
  'more than 4096 fds': frame(head(0), { fds: 4097 }),
  'a step that is not there': frame(head(1)),
  'a step after the last': frame(Buffer.concat([head(0), numbers(line('setsid'))])),
  'a step beyond the table': frame(Buffer.concat([head(1), numbers([16, lines.length + 1])])),
  'half an integer': frame(Buffer.concat([head(1), numbers(line('umask'), [32, 0])])),
  'a text longer than the plan': frame(Buffer.concat([head(1), numbers(line('sethostname'), [32, 100])])),
  'a text whose length wraps': frame(
    Buffer.concat([head(1), numbers(line('sethostname'), [32, 0xffffffff]), Buffer.from('x\0')]),
  ),
  'a text without end': frame(Buffer.concat([head(1), numbers(line('sethostname'), [32, 1]), Buffer.from('xy')])),
  'a NUL in a text': frame(Buffer.concat([head(1), numbers(line('sethostname')), text('a\0b')])),
  'a list that is not there': frame(Buffer.concat([head(1), numbers(line('affinity'), [32, 0xffffffff])])),
  'an fd that was not sent': frame(Buffer.concat([head(1), numbers(line('root_open'), [32, 0])])),
  'steps without end': frame(Buffer.concat([numbers([32, 0], [32, 0xffffffff]), numbers(line('setsid'))])),
};

t.test('refuses whole what it cannot read whole (CVE-2021-43784)', asRoot, async (t) => {
  for (const [name, bytes] of Object.entries(broken)) {
    const init = startBare();
    native.write(init.socket, bytes);
    t.match(nextMessage(init), { type: 'failure', code: 'EBADMSG' }, name);
    t.strictSame(end(init), { status: 1, signal: null }, `${name}: ended`);
  }
});

t.test('a namespace that init could not make is told when the plan is there', asRoot, async (t) => {
  const init = startBare();
  native.write(init.socket, frame(numbers([64, 1]), { kind: 8 }));
  t.equal(native.receive(init.socket, 200), undefined, 'not before');
  native.sendPlan(init.socket, [{ step: 'ready' }]);
  t.match(nextMessage(init), { type: 'failure', step: -1, syscall: 'unshare', code: 'EINVAL' });
  t.strictSame(end(init), { status: 1, signal: null });
});

t.test('refuses fds that no step or two steps use, and other fds than announced (runc #3511)', asRoot, async (t) => {
  const fd = openSync('/dev/null', 'r');
  const open = (index: number): Buffer => numbers(line('root_open'), [32, index]);
  const cases: Record<string, [number, Buffer]> = {
    unused: [1, head(0)],
    'used twice': [1, Buffer.concat([head(2), open(0), open(0)])],
    'beyond the last': [1, Buffer.concat([head(1), open(1)])],
    'one of two missing': [2, Buffer.concat([head(2), open(0), open(1)])],
  };
  for (const [name, [count, body]] of Object.entries(cases)) {
    const init = startBare();
    const whole = frame(body, { fds: count });
    native.write(init.socket, whole.subarray(0, 16));
    native.sendFd(init.socket, 'F', fd);
    native.write(init.socket, whole.subarray(16));
    t.match(nextMessage(init), { type: 'failure', code: 'EBADMSG' }, name);
    end(init);
  }
  closeSync(fd);
});

t.test('takes more fds than one message can carry', asRoot, async (t) => {
  const { folder } = makeFolder(t);
  const path = join(folder, 'tasks');
  writeFileSync(path, '');
  const tasks = Array.from({ length: 600 }, () => native.open(-100, path, constants.O_WRONLY | constants.O_APPEND, 0));
  const init = startBare();
  native.sendPlan(init.socket, [{ step: 'cgroup_join', tasks }, { step: 'ready' }]);
  for (const fd of tasks) native.close(fd);
  t.match(nextMessage(init), { type: 'ready' });
  t.equal(readFileSync(path, 'utf8'), '0'.repeat(600));
  t.equal(readdirSync(`/proc/${init.pid}/fd`).length, 4, 'all closed after their step');
  native.reply(init.socket, false);
  end(init);
});

t.test('a runtime that is gone before the plan', asRoot, async (t) => {
  const init = startBare();
  native.close(init.socket);
  native.poll([{ fd: init.pidfd, events: 1 }], 5000);
  t.strictSame(native.waitPidfd(init.pidfd), { status: 1, signal: null });
  native.close(init.pidfd);
});
