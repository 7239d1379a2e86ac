import t from 'tap';
import { capture } from '../../../src/container/capture.ts';
import { native } from '../../native/host.ts';

/** What is kept of an output that came in these pieces. */
function kept(...pieces: (string | Uint8Array)[]): string {
  const [end, write] = native.pipe();
  const output = capture(end);
  for (const piece of pieces) {
    native.write(write, piece);
    output.take(native);
  }
  native.close(write);
  output.drain(native);
  output.close(native);
  return output.text();
}

t.test('short output is kept as it is', async (t) => {
  t.equal(kept(), '');
  t.equal(kept('a', 'ü\n'), 'aü\n');
});

t.test('of long output the end is kept, from the start of a character on', async (t) => {
  t.equal(kept('x'.repeat(3000), 'y'.repeat(3000)), 'x'.repeat(1096) + 'y'.repeat(3000));
  t.equal(kept(`${'ü'.repeat(1500)}`, `a${'ü'.repeat(1000)}`), `${'ü'.repeat(1047)}a${'ü'.repeat(1000)}`);
});

t.test('bytes that are no text', async (t) => {
  t.equal(kept(new Uint8Array([0x61, 0xff, 0x62])), 'a\xffb');
});

t.test('a writer that stays is not waited for', async (t) => {
  const [end, write] = native.pipe();
  native.write(write, 'text');
  const output = capture(end);
  output.drain(native);
  t.equal(output.text(), 'text');
  output.close(native);
  native.close(write);
});
