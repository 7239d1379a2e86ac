// The step `terminal` alone, in a real init, and the calls for terminals on what it hands over.
import { mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { InitStep } from '../../src/native/contract.ts';
import { asRoot, native, thrown } from './host.ts';
import { end, inRoot, makeFolder, mount, nextMessage, startInit } from './init-run.ts';

const ONLCR = 4;

/** Init with a terminal of the devpts that it mounts, waiting at `ready`; the master. */
function withTerminal(rootfs: string, fields: { width?: number; height?: number } = {}) {
  mkdirSync(join(rootfs, 'dev'), { recursive: true });
  const devpts = mount('devpts', '/dev/pts', { parameters: ['newinstance', 'ptmxmode=0666', 'mode=0620'] });
  const terminal: InitStep = { step: 'terminal', width: 0, height: 0, console: 1, ...fields };
  const init = startInit(inRoot(rootfs, [devpts], [{ step: 'setsid' }, terminal, { step: 'controlling_terminal' }]));
  const message = nextMessage(init);
  if (message?.type !== 'terminal') throw new Error(JSON.stringify(message));
  return { init, master: message.fd };
}

t.test('the master arrives, and only the slave stays', asRoot, async (t) => {
  const { init, master } = withTerminal(makeFolder(t).rootfs, { width: 99, height: 30 });
  t.match(nextMessage(init), { type: 'ready' });
  t.strictSame(native.tcgetwinsize(master), { rows: 30, columns: 99, xpixel: 0, ypixel: 0 });
  const links = readdirSync(`/proc/${init.pid}/fd`).map((fd) => readlinkSync(`/proc/${init.pid}/fd/${fd}`));
  t.strictSame(links.filter((link) => link === '/dev/pts/0').length, 3, '0, 1 and 2');
  t.notOk(
    links.some((link) => link.includes('ptmx')),
    'no master',
  );
  native.reply(init.socket, false);
  end(init);
  native.close(master);
});

t.test('only a session of its own can take it', asRoot, async (t) => {
  const { rootfs } = makeFolder(t);
  mkdirSync(join(rootfs, 'dev'));
  const devpts = mount('devpts', '/dev/pts', { parameters: ['newinstance', 'ptmxmode=0666', 'mode=0620'] });
  const terminal: InitStep = { step: 'terminal', width: 0, height: 0, console: 0 };
  const init = startInit(inRoot(rootfs, [devpts], [terminal, { step: 'controlling_terminal' }]));
  const message = nextMessage(init);
  if (message?.type !== 'terminal') throw new Error(JSON.stringify(message));
  t.match(nextMessage(init), { type: 'failure', syscall: 'ioctl TIOCSCTTY', code: 'EPERM' });
  end(init);
  native.close(message.fd);
});

t.test('modes and size are what was set', asRoot, async (t) => {
  const { init, master } = withTerminal(makeFolder(t).rootfs);
  const size = { rows: 7, columns: 65535, xpixel: 3, ypixel: 4 };
  native.tcsetwinsize(master, size);
  t.strictSame(native.tcgetwinsize(master), size);
  const modes = native.tcgetattr(master);
  t.equal(modes.oflag & ONLCR, ONLCR);
  const changed = { ...modes, oflag: modes.oflag & ~ONLCR, controls: Uint8Array.from(modes.controls).fill(7, 0, 2) };
  native.tcsetattr(master, changed, false);
  t.strictSame(native.tcgetattr(master), changed);
  t.match(
    thrown(() => native.tcsetwinsize(master, { ...size, rows: 65536 })),
    { code: 'EINVAL', message: /rows/ },
  );
  t.match(
    thrown(() => native.tcsetattr(master, { ...modes, controls: new Uint8Array(3) }, false)),
    { code: 'EINVAL' },
  );
  t.match(
    thrown(() => native.tcgetattr(init.pidfd)),
    { code: /ENOTTY|EINVAL/, syscall: 'tcgetattr' },
  );
  native.reply(init.socket, false);
  end(init);
  t.match(
    thrown(() => native.read(master, 10)),
    { code: 'EIO' },
    'nobody has it open any more',
  );
  native.close(master);
});

t.test('a write takes what there is room for', asRoot, async (t) => {
  const [reading, writing] = native.pipe();
  native.setNonblocking(writing, true);
  const data = new Uint8Array(1 << 20);
  const taken = native.writeSome(writing, data);
  t.ok(taken > 0 && taken < data.length, `${taken} bytes`);
  t.equal(native.writeSome(writing, data), 0, 'and then nothing');
  native.close(reading);
  native.close(writing);
});
