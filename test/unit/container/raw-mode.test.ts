import t from 'tap';
import { keepNewlines, raw } from '../../../src/container/raw-mode.ts';
import type { Native, Termios } from '../../../src/native/contract.ts';

/** What stty(1) calls sane, in numbers. */
const sane: Termios = {
  iflag: 0o2400,
  oflag: 0o5,
  cflag: 0o277,
  lflag: 0o105073,
  controls: new Uint8Array(32).fill(9),
};

t.test('raw: every key arrives as it is, output stays as it was', async (t) => {
  const { iflag, oflag, cflag, lflag, controls } = raw(sane);
  t.strictSame([iflag, oflag, cflag, lflag], [0, 0o5, 0o277, 0o105073 & ~0o100113]);
  t.strictSame([...controls.subarray(4, 8)], [9, 0, 1, 9], 'one byte at a time, without waiting');
  t.equal(sane.controls[6], 9, 'what is restored is not changed');
});

t.test("newlines of the container's terminal", async (t) => {
  const set: unknown[] = [];
  const native = { tcgetattr: () => sane, tcsetattr: (...all: unknown[]) => set.push(all) } as unknown as Native;
  keepNewlines(native, 7);
  t.strictSame(set, [[7, { ...sane, oflag: 0o1 }, false]]);
});
