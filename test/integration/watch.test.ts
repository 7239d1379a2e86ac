// noci watch: what happens to the containers of a root, as it happens.
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import t, { type Test } from 'tap';
import { background } from './background.ts';
import { type Draft, missing } from './bundle.ts';
import { makeContainer, must, until } from './container.ts';

const skip = missing();
const timeout = 240_000;

const isPublished = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(new URL('../../schemas/noci/watch.json', import.meta.url), 'utf8')),
);

/** The events told until now, whole lines only, each as the schema has it. */
function events(text: string): Draft[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const event = JSON.parse(line);
      if (!isPublished(event)) throw new Error(`${line}: ${JSON.stringify(isPublished.errors)}`);
      return event;
    });
}

/** A watch that has told what was there: a container of its own, which is never started. */
async function watching(t: Test, root: string, there: string, ...options: string[]) {
  const watch = background(t, root, 'watch', ...options);
  await until(() => watch.stdout().includes(there));
  return watch;
}

t.test('a life', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sleep', '1000'];
  });
  must(container.create());
  const watch = await watching(t, container.root, container.id, '--json');
  const types = () => events(watch.stdout()).map(({ type }) => type);
  t.match(events(watch.stdout()), [
    { type: 'found', id: container.id, status: 'created', pid: container.state().pid, bundle: container.bundle },
  ]);
  must(container.start());
  await until(() => types().includes('started'));
  must(container.call(['pause', container.id]));
  await until(() => types().includes('paused'));
  must(container.call(['resume', container.id]));
  await until(() => types().includes('resumed'));
  must(container.kill('KILL'));
  await until(() => types().includes('stopped'));
  must(container.delete());
  await until(() => types().includes('deleted'));
  t.strictSame(types(), ['found', 'started', 'paused', 'resumed', 'stopped', 'deleted']);
  must(container.create());
  await until(() => types().includes('created'));
  t.match(events(watch.stdout()).at(-1), { pid: container.state().pid, bundle: container.bundle });
  watch.child.kill('SIGTERM');
  t.match(await watch.ended, { signal: 'SIGTERM', stderr: '' });
});

t.test('a create that comes to nothing', { skip, timeout }, async (t) => {
  const there = makeContainer(t);
  must(there.create());
  const watch = await watching(t, there.root, there.id, '--json');
  const text = await watching(t, there.root, there.id);
  const broken = makeContainer(t, (config) => {
    config.mounts.push({ destination: '/x', type: 'tmpfs', source: 'tmpfs', options: ['size=abc'] });
  });
  const { status } = there.call(['create', '--bundle', broken.bundle, broken.id]);
  t.equal(status, 1);
  await until(() => watch.stdout().includes(broken.id) && text.stdout().includes(broken.id));
  t.match(
    events(watch.stdout()).find(({ id }) => id === broken.id),
    { type: 'failed', reason: { pointer: /^\/mounts\/\d+$/, message: /mount "tmpfs" at \/x: fsconfig/ } },
  );
  t.match(text.stdout(), /failed +unable to start container process: .* \(\/mounts\/\d+\)\n/);
});

t.test('run: a whole life between two looks', { skip, timeout }, async (t) => {
  const there = makeContainer(t);
  must(there.create());
  const watch = await watching(t, there.root, there.id, '--json');
  const short = makeContainer(t, (config) => {
    config.process.args = ['/bin/true'];
  });
  const mine = () => events(watch.stdout()).filter(({ id }) => id === short.id);
  must(there.call(['run', '--bundle', short.bundle, short.id]));
  await until(() => mine().some(({ type }) => type === 'deleted' || type === 'missed'));
  // who comes too late to look says so, and tells nothing that was not
  const known = ['created', 'started', 'stopped', 'deleted', 'missed'];
  t.strictSame(
    mine().filter(({ type }) => !known.includes(type)),
    [],
  );
  t.equal(new Set(mine().map(({ type }) => type)).size, mine().length, 'nothing twice');
});

t.test('nobody reads', { skip, timeout }, async (t) => {
  const there = makeContainer(t);
  must(there.create());
  const watch = await watching(t, there.root, there.id);
  watch.child.stdout?.destroy();
  t.equal((await watch.ended).status, 0);
});
