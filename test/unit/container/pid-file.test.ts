import t from 'tap';
import { writePidFile } from '../../../src/container/pid-file.ts';
import { fakeHost, nativeError } from '../../fakes/native.ts';

function write(refuses: 'open' | 'rename' | undefined): string[] {
  const calls: string[] = [];
  const note = (call: 'open' | 'rename' | 'unlink' | 'close', path: string, code: 'ENOENT' | 'EACCES') => {
    calls.push(`${call} ${path}`);
    if (refuses === call) throw nativeError(call, path, code);
  };
  const { native } = fakeHost({
    functions: {
      getpid: () => 7,
      unlink: (_directory, path) => {
        note('unlink', path, 'ENOENT');
      },
      open: (_directory, path) => {
        note('open', path, 'ENOENT');
        return 9;
      },
      write: (_fd, text) => {
        calls.push(`write ${text}`);
      },
      rename: (_from, from, _to, to) => {
        note('rename', `${from} ${to}`, 'EACCES');
      },
      close: (fd) => {
        calls.push(`close ${fd}`);
      },
    },
  });
  try {
    writePidFile(native, '/d/pid', 42);
  } catch (error) {
    calls.push((error as Error).message);
  }
  return calls;
}

const opened = ['unlink /d/.pid.7', 'open /d/.pid.7'];
const renamed = [...opened, 'write 42', 'rename /d/.pid.7 /d/pid'];

t.test('the pid appears at once, as a whole', async (t) => {
  t.strictSame(write(undefined), [...renamed, 'close 9']);
});

t.test('an error names the file that was asked for, not the temporary one', async (t) => {
  t.strictSame(write('open'), [...opened, 'pid file /d/pid: open: no such path (ENOENT)']);
  t.strictSame(write('rename'), [
    ...renamed,
    'unlink /d/.pid.7',
    'close 9',
    'pid file /d/pid: rename: access refused (EACCES)',
  ]);
});
