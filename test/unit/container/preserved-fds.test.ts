import t from 'tap';
import { preservedFds } from '../../../src/container/preserved-fds.ts';
import type { Native } from '../../../src/native/contract.ts';

function native(inherited: number[], variables: { [name: string]: string } = {}): Native {
  return {
    inheritedFds: () => inherited,
    getenv: (name: string) => variables[name],
    getpid: () => 42,
  } as unknown as Native;
}

t.test('none', async (t) => {
  t.strictSame(preservedFds(native([0, 1, 2, 3, 4]), 0), { fds: [], listen: 0, names: '' });
});

t.test('those of socket activation come first', async (t) => {
  const variables = { LISTEN_PID: '42', LISTEN_FDS: '2' };
  t.strictSame(preservedFds(native([0, 1, 2, 3, 4, 5], variables), 1), { fds: [3, 4, 5], listen: 2, names: '' });
});

t.test('socket activation of another process means nothing', async (t) => {
  t.strictSame(preservedFds(native([0, 1, 2], { LISTEN_PID: '41', LISTEN_FDS: '2' }), 0), {
    fds: [],
    listen: 0,
    names: '',
  });
  t.strictSame(preservedFds(native([0, 1, 2], { LISTEN_PID: '42', LISTEN_FDS: '-1' }), 0), {
    fds: [],
    listen: 0,
    names: '',
  });
});

t.test('an fd that the caller did not pass is refused with the text of the contract', async (t) => {
  t.throws(() => preservedFds(native([0, 1, 2, 3]), 2), {
    message: 'unable to stat preserved-fd 1 (of 2): stat /proc/self/fd/4: no such file or directory',
  });
});
