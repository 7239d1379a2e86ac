import t from 'tap';
import type { Native } from '../../../src/native/contract.ts';
import { leaveLastWord, readLastWord } from '../../../src/state/last-word.ts';
import { nativeError } from '../../fakes/native.ts';

const directory = { id: 'web', root: 3, fd: 4 };

/** The name of the entry that is made, and removed again. */
function nameOf(pointer: string, message: string): string {
  const made: string[] = [];
  const removed: string[] = [];
  const native: Partial<Native> = {
    mkdir: (_fd, path) => made.push(path),
    unlink: (_fd, path) => removed.push(path),
  };
  leaveLastWord(native as Native, directory, { pointer, message });
  t.strictSame([made.length, removed], [1, made]);
  return made[0] as string;
}

t.test('read as it was written', async (t) => {
  const words = [
    ['/mounts/3', 'mount "tmpfs" at /x/y: fsconfig: 100% wrong'],
    ['', 'unable to start'],
    ['/hooks/createRuntime/0', '%2f'],
  ] as const;
  for (const [pointer, message] of words) {
    const name = nameOf(pointer, message);
    t.notMatch(name, '/');
    t.strictSame(readLastWord(name), { pointer, message });
  }
});

t.test('any text is a name', async (t) => {
  const name = nameOf('/mounts/3', `\0\n\x1b[31m${'ä'.repeat(300)}`);
  t.match(name, /^[\x20-\x7e]{1,255}$/);
  t.equal(readLastWord(name)?.pointer, '/mounts/3');
  t.equal(readLastWord('state.json'), undefined);
});

t.test('what goes wrong is of no account', async (t) => {
  const mkdir = () => {
    throw nativeError('mkdirat', 'x', 'ENOSPC');
  };
  t.doesNotThrow(() => leaveLastWord({ mkdir } as Partial<Native> as Native, directory, { pointer: '', message: 'x' }));
});
