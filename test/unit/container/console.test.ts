import t from 'tap';
import { checkConsole, closeConsole, openConsole, passTerminal } from '../../../src/container/console.ts';
import type { Native } from '../../../src/native/contract.ts';
import { nativeError } from '../../fakes/native.ts';

const plain = { terminal: false, detach: true, consoleSocket: '', pidfdSocket: '' };

t.test('without a terminal there is nothing to say', async (t) => {
  t.doesNotThrow(() => checkConsole(plain));
});

t.test('the sanity texts of the contract', async (t) => {
  const no = 'cannot allocate tty if runc will detach without setting console socket';
  const unused = 'cannot use console socket if runc will not detach or allocate tty';
  t.throws(() => checkConsole({ ...plain, terminal: true }), { message: no });
  t.throws(() => checkConsole({ ...plain, consoleSocket: '/s' }), { message: unused });
  t.throws(() => checkConsole({ ...plain, detach: false, terminal: true, consoleSocket: '/s' }), { message: unused });
});

t.test("the caller's terminal: the first stream that is one, else the controlling terminal", async (t) => {
  const native = (...terminals: number[]) =>
    ({ isatty: (fd: number) => terminals.includes(fd), open: () => 7 }) as unknown as Native;
  const asked = { ...plain, detach: false, terminal: true };
  t.equal(openConsole(native(0), { ...asked, terminal: false }), undefined);
  for (const [terminals, tty] of [
    [[0, 1, 2], 2],
    [[0, 1], 1],
    [[0], 0],
    [[], 7],
  ] as const)
    t.strictSame(openConsole(native(...terminals), asked), { to: 'caller', tty });
  const none = {
    isatty: () => false,
    open: () => {
      throw nativeError('open', '/dev/tty', 'ENOENT');
    },
  };
  t.throws(() => openConsole(none as unknown as Native, asked), {
    message: 'open /dev/tty: no such path (ENOENT)',
    pointer: '/process/terminal',
  });
});

t.test('a console socket gets one message with the master, which is closed then', async (t) => {
  const done: string[] = [];
  const native = {
    connect: () => 8,
    sendFd: (...all: unknown[]) => done.push(`send ${all}`),
    close: (fd: number) => done.push(`close ${fd}`),
  } as unknown as Native;
  const console = openConsole(native, { ...plain, terminal: true, consoleSocket: '/s' });
  t.strictSame(console, { to: 'socket', socket: 8 });
  if (console !== undefined) t.equal(passTerminal(native, console, 9), undefined);
  closeConsole(native, console);
  t.strictSame(done, ['send 8,/dev/pts/ptmx,9', 'close 9', 'close 8']);
});
