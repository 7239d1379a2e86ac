import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  closeDirectory,
  listIds,
  lockDirectory,
  openDirectory,
  removeDirectory,
  reserveDirectory,
} from '../../../src/state/directory.ts';
import { createRoot, openRoot } from '../../../src/state/root.ts';
import { native } from '../../native/host.ts';

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'noci-state-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const quickly = 30;

t.test('the root is made with its parents, for its owner alone', async (t) => {
  const path = join(folder(t), 'a/b/c');
  t.equal(openRoot(native, path), undefined, 'not there');
  native.close(createRoot(native, path));
  for (const part of ['a', 'a/b', 'a/b/c']) t.equal(statSync(join(path, '../../..', part)).mode & 0o7777, 0o700, part);
  native.close(createRoot(native, path));
  chmodSync(path, 0o770);
  t.throws(() => openRoot(native, path), { message: `state root ${path}: is writable by others` });
  t.throws(() => createRoot(native, path), { message: `state root ${path}: is writable by others` });
});

t.test('a root that is a symlink or a file is refused, one behind a symlink is not', async (t) => {
  const path = folder(t);
  mkdirSync(join(path, 'real/root'), { recursive: true, mode: 0o700 });
  symlinkSync('real', join(path, 'link'));
  symlinkSync('real/root', join(path, 'root'));
  writeFileSync(join(path, 'file'), '');
  native.close(createRoot(native, join(path, 'link/root')));
  for (const name of ['root', 'file']) {
    t.throws(() => openRoot(native, join(path, name)), { message: `state root ${path}/${name}: is not a directory` });
  }
});

t.test('an id is reserved once and free again when its directory is removed', async (t) => {
  const path = folder(t);
  const root = createRoot(native, path);
  const reserved = reserveDirectory(native, root, 'x', quickly);
  t.equal(statSync(join(path, 'x')).mode & 0o7777, 0o711);
  t.throws(() => reserveDirectory(native, root, 'x', quickly), { message: 'container with given ID already exists' });
  writeFileSync(join(path, 'x/state.json'), '');
  writeFileSync(join(path, 'x/other'), '');
  mkdirSync(join(path, 'x/folder'));
  removeDirectory(native, reserved, 'state.json');
  t.notOk(existsSync(join(path, 'x')));
  native.close(reserved.fd);
  closeDirectory(native, reserveDirectory(native, root, 'x', quickly));
});

t.test('a lock is waited for, and given up when its holder closes', async (t) => {
  const path = folder(t);
  const root = createRoot(native, path);
  const first = reserveDirectory(native, root, 'x', quickly);
  t.throws(() => lockDirectory(native, root, 'x', quickly), {
    message: /^container x is busy: another command has held its lock for 0.03s$/,
  });
  native.close(first.fd);
  const second = lockDirectory(native, root, 'x', quickly);
  t.ok(second !== undefined);
  t.equal(lockDirectory(native, root, 'none', quickly), undefined, 'no such container');
});

t.test('a directory that was replaced during the wait is not taken for the one that is there now', async (t) => {
  const path = folder(t);
  const root = createRoot(native, path);
  mkdirSync(join(path, 'x'));
  let replaced = false;
  // between open and lock, somebody else deletes the container and makes another one of the same id
  const flock: typeof native.flock = (fd, operation) => {
    if (!replaced) {
      replaced = true;
      renameSync(join(path, 'x'), join(path, 'old'));
      mkdirSync(join(path, 'x'));
    }
    return native.flock(fd, operation);
  };
  const locked = lockDirectory({ ...native, flock }, root, 'x', quickly);
  t.ok(replaced);
  t.equal(
    native.stat(locked?.fd ?? -1, '', 0x1000)?.ino,
    BigInt(statSync(join(path, 'x')).ino),
    'the new one is locked',
  );
});

t.test('what is no directory is no container', async (t) => {
  const path = folder(t);
  const root = createRoot(native, path);
  writeFileSync(join(path, 'file'), '');
  symlinkSync('/', join(path, 'link'));
  mkdirSync(join(path, 'b'));
  mkdirSync(join(path, 'a'));
  for (const name of ['file', 'link', 'none', 'x'.repeat(300)])
    t.equal(openDirectory(native, root, name), undefined, name.slice(0, 9));
  t.strictSame(listIds(native, path), ['a', 'b']);
  t.strictSame(readdirSync(path).length, 4);
});
