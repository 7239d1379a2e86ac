// The functions about files and paths, each against what node:fs or the kernel itself says.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { asRoot, native, thrown } from './host.ts';

const here = -100;
const folder = fs.mkdtempSync(join(tmpdir(), 'noci-files-'));
t.teardown(() => fs.rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

function write(name: string, text: string): string {
  fs.writeFileSync(at(name), text);
  return at(name);
}

function descriptorFlags(fd: number): number {
  const line = fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').match(/flags:\s*(\d+)/);
  return Number.parseInt(line?.[1] ?? '', 8);
}

const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;

t.test('open and close', async (t) => {
  const path = write('open', 'abc');
  const fd = native.open(here, path, 0, 0);
  t.ok(descriptorFlags(fd) & closeOnExec);
  native.close(fd);
  t.match(
    thrown(() => native.close(fd)),
    { code: 'EBADF', syscall: 'close', message: 'bad file descriptor' },
  );
  t.strictSame(
    thrown(() => native.open(here, at('nothing'), 0, 0)),
    {
      message: 'no such file or directory',
      code: 'ENOENT',
      errno: 2,
      syscall: 'open',
      path: at('nothing'),
    },
  );
  const directory = native.open(here, folder, 0o200000, 0);
  native.close(native.open(directory, 'made', 0o101, 0o640));
  t.equal(fs.statSync(at('made')).mode & 0o777, 0o640 & ~process.umask());
  native.close(directory);
});

t.test('openat2 keeps beneath', async (t) => {
  fs.mkdirSync(at('root'));
  fs.symlinkSync('/etc/hostname', at('root/absolute'));
  fs.symlinkSync('..', at('root/up'));
  const root = native.open(here, at('root'), 0o200000, 0);
  const beneath = 0x08;
  const inRoot = 0x10;
  t.match(
    thrown(() => native.openat2(root, 'absolute', 0, 0, beneath)),
    { code: 'EXDEV', syscall: 'openat2' },
  );
  t.match(
    thrown(() => native.openat2(root, 'absolute', 0, 0, inRoot)),
    { code: 'ENOENT' },
  );
  t.match(
    thrown(() => native.openat2(root, 'up/open', 0, 0, beneath)),
    { code: 'EXDEV' },
  );
  const fd = native.openat2(root, 'up', 0o200000, 0, inRoot);
  t.ok(descriptorFlags(fd) & closeOnExec);
  t.equal(native.readlink(here, `/proc/self/fd/${fd}`), at('root'));
  native.close(fd);
  native.close(root);
});

t.test('readText', async (t) => {
  t.equal(native.readText(here, write('text', 'grün\n'), 6), 'grün\n');
  t.match(
    thrown(() => native.readText(here, at('text'), 5)),
    { code: 'EFBIG', path: at('text') },
  );
  t.equal(native.readText(here, write('empty', ''), 0), '');
  const large = 'x'.repeat(1_000_003);
  t.equal(native.readText(here, write('large', large), 1 << 24), large);
  t.match(native.readText(here, '/proc/self/status', 1 << 20), /^Name:/, 'a file whose size the kernel does not know');
  t.match(
    thrown(() => native.readText(here, folder, 100)),
    { code: 'EISDIR', syscall: 'read' },
  );
  t.match(
    thrown(() => native.readText(here, '/dev/zero', 1000)),
    { code: 'EFBIG' },
  );
  native.mkfifo(here, at('fifo'), 0o600);
  t.ok(fs.statSync(at('fifo')).isFIFO());
  t.equal(native.readText(here, at('fifo'), 100), '', 'a fifo without a writer does not block');
});

t.test('writeControl writes in one piece and never creates', async (t) => {
  native.writeControl(here, write('control', 'before'), 'AFTER');
  t.equal(fs.readFileSync(at('control'), 'utf8'), 'AFTERe');
  t.match(
    thrown(() => native.writeControl(here, at('missing'), '1')),
    { code: 'ENOENT', syscall: 'open' },
  );
  t.match(
    thrown(() => native.writeControl(here, '/proc/self/oom_score_adj', '5000')),
    {
      code: 'EINVAL',
      syscall: 'write',
      message: 'invalid argument',
      path: '/proc/self/oom_score_adj',
    },
  );
});

t.test('read and write', async (t) => {
  const [reading, writing] = native.pipe();
  t.ok(descriptorFlags(reading) & descriptorFlags(writing) & closeOnExec);
  native.write(writing, new Uint8Array([0, 255, 128]));
  native.write(writing, Buffer.from('xyz').subarray(1, 2));
  native.write(writing, '');
  t.strictSame([...native.read(reading, 100)], [0, 255, 128, 0x79]);
  native.setNonblocking(reading, true);
  t.ok(descriptorFlags(reading) & nonBlocking);
  t.match(
    thrown(() => native.read(reading, 1)),
    { code: 'EAGAIN', message: 'resource temporarily unavailable' },
  );
  native.setNonblocking(reading, false);
  t.notOk(descriptorFlags(reading) & nonBlocking);
  native.close(writing);
  t.equal(native.read(reading, 100).length, 0, 'the end of the file');
  native.close(reading);
  const [gone, broken] = native.pipe();
  native.close(gone);
  t.match(
    thrown(() => native.write(broken, 'x')),
    { code: 'EPIPE' },
  );
  native.close(broken);
});

t.test('stat', async (t) => {
  const path = write('stat', 'four');
  const wanted = fs.statSync(path, { bigint: true });
  const found = native.stat(here, path, 0);
  t.strictSame(found, {
    mode: Number(wanted.mode),
    uid: Number(wanted.uid),
    gid: Number(wanted.gid),
    size: 4,
    dev: wanted.dev,
    ino: wanted.ino,
    rdev: wanted.rdev,
    nlink: 1,
  });
  t.equal(native.stat(here, '/dev/null', 0)?.rdev, 0x103n);
  t.equal(native.stat(here, at('nothing'), 0), undefined);
  t.equal(native.stat(here, `${path}/below`, 0), undefined);
  fs.symlinkSync('stat', at('link'));
  t.equal((native.stat(here, at('link'), 0x100)?.mode ?? 0) & 0o170000, 0o120000);
  t.equal((native.stat(here, at('link'), 0)?.mode ?? 0) & 0o170000, 0o100000);
  const fd = native.open(here, path, 0, 0);
  t.equal(native.stat(fd, '', 0x1000)?.ino, wanted.ino);
  native.close(fd);
  t.match(
    thrown(() => native.stat(here, 'x'.repeat(5000), 0)),
    { code: 'ENAMETOOLONG', message: 'file name too long' },
  );
  t.equal(native.readlink(here, at('link')), 'stat');
  t.match(
    thrown(() => native.readlink(here, path)),
    { code: 'EINVAL' },
  );
});

t.test('statfs', async (t) => {
  t.equal(native.statfs('/proc'), 0x9fa0);
  t.equal(native.statfs(at('nothing')), undefined);
});

t.test('directories', async (t) => {
  native.mkdir(here, at('directory'), 0o755);
  t.match(
    thrown(() => native.mkdir(here, at('directory'), 0o755)),
    { code: 'EEXIST', message: 'file exists' },
  );
  const fd = native.open(here, at('directory'), 0o200000, 0);
  t.strictSame(native.readdir(fd), []);
  const names = Array.from({ length: 1000 }, (_, index) => `file-${'x'.repeat(100)}-${index}`);
  for (const name of names) native.close(native.open(fd, name, 0o102, 0o600));
  fs.symlinkSync('x', at('directory/link'));
  const entries = native.readdir(fd);
  t.strictSame(entries.map((entry) => entry.name).sort(), [...names, 'link'].sort());
  t.equal(entries.find((entry) => entry.name === 'link')?.type, 10);
  t.equal(native.readdir(fd).length, 1001, 'from the start again');
  native.rename(fd, 'link', here, at('moved'));
  t.equal(native.readlink(here, at('moved')), 'x');
  t.match(
    thrown(() => native.rename(fd, 'link', here, at('moved'))),
    { code: 'ENOENT', syscall: 'rename', path: 'link' },
  );
  t.match(
    thrown(() => native.unlink(here, at('directory'), 0x200)),
    { code: 'ENOTEMPTY', syscall: 'rmdir' },
  );
  for (const name of names) native.unlink(fd, name, 0);
  native.unlink(here, at('directory'), 0x200);
  t.notOk(fs.existsSync(at('directory')));
  native.close(fd);
  const file = native.open(here, write('file', ''), 0, 0);
  t.match(
    thrown(() => native.readdir(file)),
    { code: 'ENOTDIR' },
  );
  native.close(file);
});

t.test('owner and mode', asRoot, async (t) => {
  const fd = native.open(here, write('owned', ''), 0, 0);
  native.fchmod(fd, 0o4711);
  native.fchown(fd, 12, 34);
  const { mode, uid, gid } = fs.statSync(at('owned'));
  t.strictSame([mode & 0o777, uid, gid], [0o711, 12, 34]);
  native.fchown(fd, 4294967295, 35);
  t.strictSame([fs.statSync(at('owned')).uid, fs.statSync(at('owned')).gid], [12, 35], '-1 keeps');
  native.fsync(fd);
  native.close(fd);
});

t.test('flock', async (t) => {
  const one = native.open(here, write('lock', ''), 0, 0);
  const two = native.open(here, at('lock'), 0, 0);
  t.equal(native.flock(one, 2), true);
  t.equal(native.flock(two, 2 | 4), false);
  native.flock(one, 8);
  t.equal(native.flock(two, 2 | 4), true);
  native.close(one);
  native.close(two);
});

t.test('mounts', asRoot, async (t) => {
  const tree = native.openTree(here, '/proc', false);
  t.ok(descriptorFlags(tree) & closeOnExec);
  const proc = native.open(here, '/proc', 0o10000000, 0);
  t.equal(native.mountFlags(tree), native.mountFlags(proc));
  const options =
    fs
      .readFileSync('/proc/self/mounts', 'utf8')
      .match(/^\S+ \/proc proc (\S+)/m)?.[1]
      ?.split(',') ?? [];
  const bits = { ro: 1, nosuid: 2, nodev: 4, noexec: 8, noatime: 1024, nodiratime: 2048, relatime: 4096 };
  for (const [name, bit] of Object.entries(bits)) {
    t.equal((native.mountFlags(proc) & bit) !== 0, options.includes(name), name);
  }
  native.close(tree);
  native.close(proc);
  t.match(
    thrown(() => native.openTree(here, at('nothing'), true)),
    { code: 'ENOENT', syscall: 'open_tree' },
  );
});

t.test('the current directory', async (t) => {
  const before = native.getcwd();
  native.chdir(folder);
  t.equal(native.getcwd(), folder);
  t.match(
    thrown(() => native.chdir('nothing')),
    { code: 'ENOENT', syscall: 'chdir', path: 'nothing' },
  );
  native.mkdir(here, 'gone', 0o700);
  native.chdir('gone');
  native.unlink(here, at('gone'), 0x200);
  t.match(
    thrown(() => native.getcwd()),
    { code: 'ENOENT', syscall: 'getcwd' },
  );
  native.chdir(before);
});

t.test('about the process', async (t) => {
  t.equal(native.getpid(), process.pid);
  t.equal(native.geteuid(), process.geteuid?.());
  t.equal(native.getegid(), process.getegid?.());
  const mask = native.umask(0o027);
  t.equal(native.umask(mask), 0o027);
  t.ok(Math.abs(Number(native.realtime() / 1_000_000n) - Date.now()) < 1000);
  const start = native.monotonic();
  t.ok(native.monotonic() > start);
  const fd = native.open(here, '/dev/null', 0, 0);
  t.equal(native.isatty(fd), false);
  native.close(fd);
  t.strictSame(native.uname(), {
    release: execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim(),
    machine: execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim(),
  });
  const bounding = fs.readFileSync('/proc/self/status', 'utf8').match(/CapBnd:\s*(\S+)/)?.[1];
  t.equal(native.boundingSet(), BigInt(`0x${bounding}`));
});

t.test('no argument is bent into shape', async (t) => {
  const wrong = [
    undefined,
    null,
    '0',
    '',
    {},
    [],
    true,
    1n,
    NaN,
    Infinity,
    -Infinity,
    0.5,
    -1,
    2 ** 31,
    2 ** 32,
    2 ** 53,
  ];
  for (const value of wrong) {
    t.match(
      thrown(() => native.close(value as number)),
      { code: 'EINVAL', errno: 22, syscall: 'close' },
      String(value),
    );
  }
  for (const value of [undefined, null, '1', 1.5, -1, 2 ** 32, 2 ** 32 + 0o600]) {
    t.match(
      thrown(() => native.mkdir(here, at('never'), value as number)),
      { code: 'EINVAL', syscall: 'mkdir' },
    );
  }
  for (const value of [-1, -99, -101, '-100', NaN]) {
    t.match(
      thrown(() => native.stat(value as number, '/', 0)),
      { code: 'EINVAL', syscall: 'stat' },
    );
  }
  for (const value of [undefined, null, 1, {}, ['a'], Symbol('a'), new String('a')]) {
    t.match(
      thrown(() => native.chdir(value as string)),
      { code: 'EINVAL', syscall: 'chdir' },
    );
    t.match(
      thrown(() => native.write(1, value as string)),
      { code: 'EINVAL', syscall: 'write' },
    );
  }
  for (const value of [undefined, 0, 1, 'true']) {
    t.match(
      thrown(() => native.setNonblocking(0, value as unknown as boolean)),
      { code: 'EINVAL' },
    );
  }
  t.match(
    thrown(() => native.write(1, new Uint16Array(2) as unknown as Uint8Array)),
    { code: 'EINVAL' },
  );
  t.notOk(fs.existsSync(at('never')));
});

t.test('eventfd counts what is written to it, and is closed by execve', async (t) => {
  const fd = native.eventfd();
  t.teardown(() => native.close(fd));
  t.strictSame(native.poll([{ fd, events: 1 }], 0), [0]);
  for (const count of [2, 3]) native.write(fd, new Uint8Array([count, 0, 0, 0, 0, 0, 0, 0]));
  t.strictSame(native.poll([{ fd, events: 1 }], 0), [1]);
  t.strictSame([...native.read(fd, 8)], [5, 0, 0, 0, 0, 0, 0, 0]);
  t.match(native.readText(-100, `/proc/self/fdinfo/${fd}`, 4096), /^flags:\t02000002$/m);
});
