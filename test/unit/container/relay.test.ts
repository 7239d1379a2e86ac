import t from 'tap';
import { openRelay } from '../../../src/container/relay.ts';
import type { Native, Poll } from '../../../src/native/contract.ts';
import { nativeError } from '../../fakes/native.ts';

const modes = { iflag: 0o2400, oflag: 0o5, cflag: 0o277, lflag: 0o105073, controls: new Uint8Array(32) };
const tty = 2;
const master = 9;
const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const wait = (code: string) => Object.assign(nativeError('read', '', 'ENOENT'), { code });

/** A relay whose streams hold `incoming` and take `room` bytes at a time; everything that is done is noted. */
function relayOf(incoming: Record<number, (string | Error)[]>, room: Record<number, number | Error> = {}) {
  const done: string[] = [];
  const native = {
    tcgetattr: () => modes,
    tcsetattr: (fd: number, { lflag }: typeof modes, background: boolean) =>
      done.push(`${lflag === modes.lflag ? 'restore' : 'raw'} ${fd} ${background}`),
    read: (fd: number) => {
      const next = incoming[fd]?.shift() ?? wait('EAGAIN');
      if (typeof next !== 'string') throw next;
      return bytes(next);
    },
    writeSome: (fd: number, data: Uint8Array) => {
      const most = room[fd] ?? data.length;
      if (typeof most !== 'number') throw most;
      done.push(`${fd}: ${String.fromCharCode(...data.subarray(0, most))}`);
      return Math.min(most, data.length);
    },
    poll: (fds: readonly Poll[]) => fds.map(({ events }) => events),
    close: (fd: number) => done.push(`close ${fd}`),
  } as unknown as Native;
  const relay = openRelay(native, { tty, master });
  const all = () => relay.move(relay.watched().map(() => 1));
  const fds = () => relay.watched().map(({ fd, events }) => `${fd} ${events === 1 ? 'in' : 'out'}`);
  return { relay, done, all, fds };
}

t.test('what was read is written before more is read, a part at a time', async (t) => {
  const { relay, done, all, fds } = relayOf({ 0: ['abc'], [master]: ['xyz'] }, { [master]: 2 });
  t.strictSame(fds(), ['0 in', '9 in']);
  all();
  t.strictSame(fds(), ['9 out', '1 out']);
  all();
  t.strictSame(fds(), ['9 out', '9 in'], 'one byte did not fit');
  all();
  t.strictSame(fds(), ['0 in', '9 in']);
  relay.close();
  t.strictSame(done, ['raw 2 false', '9: ab', '1: xyz', '9: c', 'close 9', 'restore 2 true']);
});

t.test('input that ends, or cannot be read, is not waited for', async (t) => {
  for (const end of ['', wait('EIO')]) {
    const { all, fds } = relayOf({ 0: [end] });
    all();
    t.strictSame(fds(), ['9 in']);
  }
});

t.test('nobody has the terminal open: a pause, not the end', async (t) => {
  const { relay, done, all, fds } = relayOf({ 0: [], [master]: [wait('EIO'), 'again'] });
  t.equal(relay.patience(), -1);
  all();
  t.strictSame(fds(), []);
  t.equal(relay.patience(), 100);
  all();
  t.strictSame(fds(), ['0 in', '9 in']);
  all();
  all();
  t.strictSame(done, ['raw 2 false', '1: again']);
});

t.test('output that nobody takes hangs the terminal up', async (t) => {
  const { relay, done, all, fds } = relayOf({ 0: [], [master]: ['x'] }, { 1: wait('EPIPE') });
  all();
  all();
  t.strictSame(fds(), []);
  relay.drain(5, () => false);
  relay.close();
  t.strictSame(done, ['raw 2 false', 'close 9', 'restore 2 true']);
});

t.test('the end: all that was on the way, unless a signal says that it is enough', async (t) => {
  const whole = relayOf({ 0: ['never read'], [master]: ['one ', 'two ', 'three', wait('EIO')] }, { 1: 3 });
  whole.relay.drain(5, () => false);
  t.equal(
    whole.done
      .filter((line) => line.startsWith('1: '))
      .map((line) => line.slice(3))
      .join(''),
    'one two three',
  );
  const cut = relayOf({ [master]: ['one', 'two'] });
  cut.relay.drain(5, () => true);
  t.strictSame(cut.done, ['raw 2 false']);
});
