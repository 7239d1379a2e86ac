// A hundred containers at once from one program, and how long its event loop is held up by that.
import { type AsyncHook, createHook } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import t from 'tap';
import type * as Library from '../../src/node/index.ts';
import { makeBundle, missing } from './bundle.ts';
import { driver } from './cgroup-driver.ts';

const dist = new URL('../../dist/', import.meta.url).pathname;
const built = join(dist, 'index.mjs');
const skip = missing() || (!existsSync(built) && 'dist/index.mjs is not built');

const libc = koffi.load('libc.so.6');
const timespec = koffi.struct({ seconds: 'int64', nanoseconds: 'int64' });
const clockGettime = libc.func('clock_gettime', 'int', ['int', koffi.out(koffi.pointer(timespec))]);
/** clock_gettime(2) */
const CLOCK_THREAD_CPUTIME_ID = 3;

/** What this thread has computed since it is there, in milliseconds: whoever else uses the processors makes no difference. */
function computed(): number {
  const now = { seconds: 0, nanoseconds: 0 };
  clockGettime(CLOCK_THREAD_CPUTIME_ID, now);
  return Number(now.seconds) * 1e3 + Number(now.nanoseconds) / 1e6;
}

/** Notes how long each piece of work takes that the event loop does without a pause. */
function watchSections(sections: number[]): AsyncHook {
  let depth = 0;
  let since = 0;
  return createHook({
    before: () => {
      if (depth++ === 0) since = computed();
    },
    after: () => {
      // the piece in which this was called began before
      if (depth > 0 && --depth === 0) sections.push(computed() - since);
    },
  }).enable();
}

/** The most that the event loop may be held up, in milliseconds. */
const longest = 5;

/** Pieces that may take longer on a machine slower than most: the thread for plans is started, code is compiled, rubbish is collected. */
const exceptions = 4;

const count = 100;

t.test('a hundred containers at once', { skip }, async (t) => {
  const { Runtime } = (await import(built)) as typeof Library;
  const bundle = makeBundle(t, (config) => {
    config.process.args = ['/bin/sh', '-c', 'echo $$; read line'];
    config.root.readonly = true;
  });
  const root = mkdtempSync(join(tmpdir(), 'noci-library-'));
  t.teardown(() => {
    for (const id of readdirSync(root).filter((name) => !name.startsWith('@')))
      execFileSync(join(dist, 'noci'), ['--root', root, 'delete', '--force', id]);
    rmSync(root, { recursive: true, force: true });
  });
  const runtime = new Runtime({ root, systemdCgroup: driver === 'systemd' });
  // fork(2) takes 5 ms for every 50 MB of them
  const heap = Array.from({ length: 256 }, () => Buffer.alloc(1 << 20, 1));

  const sections: number[] = [];
  const hook = watchSections(sections);
  const plans = Promise.all(Array.from({ length: 10 }, () => runtime.plan({ bundle })));
  const ids = Array.from({ length: count }, (_, index) => `library-load-${process.pid}-${index}`);
  const containers = await Promise.all(ids.map((id) => runtime.run({ id, bundle, stdio: ['pipe', 'pipe', 'ignore'] })));
  const outputs = await Promise.all(containers.map((container) => container.output(['/bin/echo', container.id])));
  const statuses = (await runtime.list()).map(({ status }) => status);
  for (const container of containers) container.stdin?.end('\n');
  const ends = await Promise.all(containers.map((container) => container.wait()));
  await Promise.all(containers.map((container) => container.delete()));
  await plans;
  hook.disable();

  t.equal(heap.length, 256);
  t.strictSame(
    outputs.map(({ stdout }) => stdout),
    ids.map((id) => `${id}\n`),
  );
  t.strictSame(statuses, Array(count).fill('running'));
  t.strictSame(ends, Array(count).fill({ status: 0, signal: null }));
  t.strictSame(await runtime.list(), []);
  sections.sort((a, b) => b - a);
  const long = sections.filter((section) => section > longest);
  t.comment(
    `${sections.length} pieces of work, the longest ${sections
      .slice(0, 5)
      .map((section) => section.toFixed(1))
      .join(' ')} ms`,
  );
  t.ok(sections.length > 1000, 'what is measured is there');
  t.ok(long.length <= exceptions, `none of them takes long: ${long.map((section) => section.toFixed(1)).join(' ')}`);
});
