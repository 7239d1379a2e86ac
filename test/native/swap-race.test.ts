// A volume that another container changes while mounts are made in it: a directory and a link to the host change places all
// the time. Whatever the moment, the host's folder must not get anything (CVE-2021-30465, CVE-2024-45310).
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import type { InitStep } from '../../src/native/contract.ts';
import { asRoot, native } from './host.ts';
import {
  bind,
  device,
  end,
  hostInReach,
  inRoot,
  makeFolder,
  mount,
  nextMessage,
  readMounts,
  startInit,
} from './init-run.ts';

const rounds = Number(process.env.NOCI_RACE_ROUNDS ?? 150);

/** renameat2(RENAME_EXCHANGE) through the C library until told to stop; says how often. */
const swapper = `
  const { workerData, parentPort } = require('node:worker_threads');
  const koffi = require(workerData.koffi);
  const libc = koffi.load('libc.so.6');
  const renameat2 = libc.func('int renameat2(int, const char *, int, const char *, unsigned int)');
  const stop = new Int32Array(workerData.stop);
  let count = 0;
  parentPort.postMessage('swapping');
  while (Atomics.load(stop, 0) === 0) if (renameat2(-100, workerData.one, -100, workerData.other, 2) === 0) count++;
  parentPort.postMessage(count);
`;

function startSwapper(t: Test, one: string, other: string) {
  const stop = new SharedArrayBuffer(4);
  const koffi = new URL(import.meta.resolve('koffi')).pathname;
  const worker = new Worker(swapper, { eval: true, workerData: { one, other, stop, koffi } });
  const message = () =>
    new Promise<string | number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  const started = message();
  const finish = async () => {
    const counted = message();
    Atomics.store(new Int32Array(stop), 0, 1);
    return Number(await counted);
  };
  t.teardown(() => worker.terminate());
  return { started, finish };
}

/** Everything that resolves, makes or replaces a path below the contested name. `fresh` is new in every round, /a/b is not. */
function steps(canary: string, fresh: string): InitStep[] {
  return [
    mount('tmpfs', '/vol/way/a/b'),
    { step: 'symlink', target: '/proc/self/fd', path: '/vol/way/a/link', replace: 1 },
    device('/vol/way/a/null', 1, 3),
    mount('tmpfs', `${fresh}/a/b`),
    bind(join(canary, 'file'), `${fresh}/file/f`),
    { step: 'mkdir', path: `${fresh}/made/deep`, mode: 0o755 },
    { step: 'symlink', target: '/proc/self/fd', path: `${fresh}/link`, replace: 1 },
    device(`${fresh}/null`, 1, 3),
    mount('tmpfs', `${fresh}/copied`, { copyUp: 1, keepMode: 1 }),
  ];
}

/** The root, the volume and the mounts above; one that is not among them was made on the host's files. */
const expected = 6;

function masks(folder: string): InitStep[] {
  return [
    { step: 'masked_path', path: `${folder}/file` },
    { step: 'readonly_path', path: `${folder}/made` },
  ];
}

t.test('nothing gets out of the root, whenever the places change', asRoot, async (t) => {
  const { folder, rootfs, canary } = makeFolder(t, { vol: {} });
  const volume = join(folder, 'volume');
  mkdirSync(join(volume, 'way'), { recursive: true });
  symlinkSync(`../../../../../../../../..${canary}`, join(volume, 'link'));
  // As a host folder it would be mounted over, were the link followed outside.
  mkdirSync(join(canary, 'a/b'), { recursive: true });
  const before = execFileSync('find', [canary, '-printf', '%p %y %m %U %T@\\n'], { encoding: 'utf8' });
  const hostMounts = readFileSync('/proc/self/mountinfo', 'utf8');

  const { started, finish } = startSwapper(t, join(volume, 'way'), join(volume, 'link'));
  await started;
  const ends: Record<string, number> = {};
  for (let round = 0; round < rounds; round++) {
    const place = `/vol/way/${round}`;
    const whole = inRoot(rootfs, [bind(volume, '/vol'), ...steps(canary, place)], masks(place));
    const init = startInit(round % 2 === 0 ? whole : hostInReach(whole));
    const message = nextMessage(init);
    if (message.type === 'ready') {
      const targets = readMounts(init.pid).map(({ target }) => target);
      const strange = targets.filter(
        (target) => target !== '/' && !target.startsWith('/vol') && !target.startsWith(canary),
      );
      if (strange.length > 0) t.strictSame(strange, [], 'a mount at a place that nobody named');
      if (targets.length < expected) t.fail(`round ${round}: only ${targets.join(' ')}`);
    }
    const kind = message.type === 'failure' ? `${message.syscall} ${message.code}` : message.type;
    ends[kind] = (ends[kind] ?? 0) + 1;
    if (message.type === 'ready') native.reply(init.socket, false);
    end(init);
  }
  const swaps = await finish();

  t.comment(`${rounds} rounds, ${swaps} swaps: ${JSON.stringify(ends)}`);
  t.ok(swaps > rounds, 'the places did change');
  t.equal(execFileSync('find', [canary, '-printf', '%p %y %m %U %T@\\n'], { encoding: 'utf8' }), before);
  t.equal(readFileSync('/proc/self/mountinfo', 'utf8'), hostMounts);
});
