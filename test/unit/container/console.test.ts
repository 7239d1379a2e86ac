import t from 'tap';
import { checkConsole } from '../../../src/container/console.ts';

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
