// --trace tells what create, run, start and exec cost, and costs nothing where it is not asked for.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { driverOptions } from './cgroup-driver.ts';
import { makeContainer, must } from './container.ts';
import { bare } from './report.ts';

const skip = missing();
const timeout = 120_000;

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'noci-trace-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Event {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, string | number>>;
}

function eventsOf(path: string): Event[] {
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8'));
  return traceEvents.filter(({ ph }: Event) => ph === 'X');
}

function of(events: readonly Event[], cat: string): Event[] {
  return events.filter((event) => event.cat === cat);
}

const hook = { path: '/bin/true', args: ['true'], env: ['TOKEN=hush'] };

function ordinary(config: Draft): void {
  config.process.args = ['/bin/true'];
  config.process.env = ['PATH=/bin', 'TOKEN=hush'];
  config.process.capabilities.ambient = [];
  config.hooks = { createRuntime: [hook], createContainer: [hook], poststart: [hook] };
}

t.test('create and start', { skip, timeout }, async (t) => {
  const place = folder(t);
  const container = makeContainer(t, ordinary);
  const [created, started] = [join(place, 'create'), join(place, 'start')];
  must(container.create('--trace', created));
  must(container.call(['start', '--trace', started, container.id]));
  t.equal(statSync(created).mode & 0o777, 0o600, 'for nobody else');

  const text = readFileSync(created, 'utf8');
  t.notMatch(text, 'hush', 'no values of an environment');
  const events = eventsOf(created);
  const [command] = of(events, 'command');
  t.match(command, { name: `create ${container.id}`, ts: 0, tid: 1 });
  t.ok(
    events.every(({ ts, dur }) => ts >= 0 && dur >= 0 && ts + dur <= (command?.dur ?? 0) + 1),
    'nothing is outside of the command',
  );
  const phases = of(events, 'phase').map(({ name }) => name);
  for (const name of ['load and validate', 'plan', 'spawn init', 'send plan', 'handshake'])
    t.ok(phases.includes(name), name);

  const steps = of(events, 'step');
  const explained = JSON.parse(
    must(container.call(['explain', '--bundle', container.bundle, '--json', container.id])).stdout,
  ).init.map(({ step }: { step: string }) => step);
  const due = explained.slice(1, explained.indexOf('ready'));
  t.strictSame(
    steps.map(({ name }) => name),
    due,
    'every step up to ready, in the order of explain',
  );
  t.ok(
    steps.every(({ ts }, index) => ts >= (steps[index - 1]?.ts ?? 0)),
    'one after the other',
  );
  t.match(
    steps.find(({ name }) => name === 'mount'),
    { tid: 2, args: { does: /^mount proc at \/proc/, pointer: '/mounts/0', target: '/proc', type: 'proc' } },
  );
  const hooks = of(events, 'hook');
  t.match(hooks, [
    { name: 'createRuntime #0 true', tid: 3, args: { path: '/bin/true', pointer: '/hooks/createRuntime/0' } },
    { name: 'createContainer #0 true', tid: 3, args: { pointer: '/hooks/createContainer/0' } },
  ]);
  const messages = of(events, 'message').map(({ name }) => name);
  t.strictSame(messages, ['sendPlan', 'receive hooks', 'reply', 'receive ready', 'reply', 'receive closed']);
  t.match(
    of(events, 'call').find(({ name }) => name === 'spawnInit'),
    { tid: 1 },
  );

  const late = eventsOf(started);
  t.match(of(late, 'command'), [{ name: `start ${container.id}` }]);
  t.match(of(late, 'hook'), [{ name: 'poststart #0 true', args: { pointer: '/hooks/poststart/0' } }]);
  const { traceEvents } = JSON.parse(text);
  t.strictSame(
    traceEvents.filter(({ name }: Event) => name === 'thread_name').map(({ args }: Event) => args.name),
    ['runtime', 'init', 'hooks'],
  );
});

t.test('run ends its trace when the process runs, exec likewise', { skip, timeout }, async (t) => {
  const place = folder(t);
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sleep', '10000'];
    config.process.capabilities.ambient = [];
  });
  must(container.run('--detach', '--trace', join(place, 'run')));
  t.ok(of(eventsOf(join(place, 'run')), 'step').length > 20);
  const path = join(place, 'exec');
  const exec = container.call(['exec', '--trace', path, container.id, '/bin/sh', '-c', 'exit 7']);
  t.equal(exec.status, 7, 'the status is that of the process');
  const steps = of(eventsOf(path), 'step').map(({ name }) => name);
  t.ok(steps.includes('setns') && steps.includes('credentials'), steps.join(' '));
  must(container.delete('--force'));
  const foreground = makeContainer(t, (config) => {
    config.process.args = ['/bin/echo', 'out'];
    config.process.capabilities.ambient = [];
  });
  const outcome = must(foreground.run('--trace', join(place, 'foreground')));
  t.equal(outcome.stdout, 'out\n');
  t.equal(outcome.stderr, '');
  t.notOk(eventsOf(join(place, 'foreground')).some(({ name }) => name === 'reap'));
});

t.test('another time namespace has another clock', { skip, timeout }, async (t) => {
  const place = folder(t);
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/true'];
    config.process.capabilities.ambient = [];
    config.linux.namespaces.push({ type: 'time' });
    config.linux.timeOffsets = { monotonic: { secs: 100_000, nanosecs: 0 } };
  });
  must(container.run('--trace', join(place, 'trace')));
  const events = eventsOf(join(place, 'trace'));
  const [command] = of(events, 'command');
  const steps = of(events, 'step');
  t.ok(steps.some(({ name }) => name === 'time_namespace'));
  t.ok(
    steps.every(({ ts, dur }) => ts >= 0 && ts + dur <= (command?.dur ?? 0) + 1000),
    'and all steps are still between begin and end',
  );
});

t.test('a command that fails has a trace too', { skip, timeout }, async (t) => {
  const place = folder(t);
  const container = makeContainer(t, (config) => {
    config.process.args = ['/not/there'];
    config.process.capabilities.ambient = [];
  });
  const path = join(place, 'trace');
  t.match(container.create('--trace', path), { status: 1, stderr: /\/not\/there/ });
  const steps = of(eventsOf(path), 'step');
  t.equal(steps.at(-1)?.name, 'credentials', 'up to the last step that was done');
});

t.test('it never writes to what is there', { skip, timeout }, async (t) => {
  const place = folder(t);
  const container = makeContainer(t, ordinary);
  const [there, link, dangling] = ['there', 'link', 'dangling'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(there, 'mine');
  symlinkSync(there, link);
  symlinkSync(join(place, 'new'), dangling);
  for (const path of [there, link, dangling]) {
    t.match(container.create('--trace', path), { status: 1, stderr: /file exists, and --trace writes new ones only/ });
    t.equal(container.call(['state', container.id]).status, 1, 'nothing was made');
  }
  t.equal(readFileSync(there, 'utf8'), 'mine');
  t.notOk(existsSync(join(place, 'new')));
  t.match(container.create('--trace', join(place, 'no/folder')), { status: 1, stderr: /no such file or directory/ });
  const relative = container.call(
    ['create', '--bundle', container.bundle, '--trace', 'here', container.id],
    {},
    { cwd: place },
  );
  must(relative);
  t.ok(existsSync(join(place, 'here')), 'a relative path begins where the caller is, not in the bundle');
});

t.test('a trace that cannot be written costs no container', { skip, timeout }, async (t) => {
  const place = folder(t);
  const container = makeContainer(t, ordinary);
  const path = join(place, 'trace');
  // a page, in a mount namespace of this call's own
  const full = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs -o size=4k tmpfs "$0" && exec "$@"', place];
  const words = [
    '--root',
    container.root,
    ...driverOptions,
    '--log',
    `${place}.log`,
    'create',
    '--bundle',
    container.bundle,
  ];
  t.teardown(() => rmSync(`${place}.log`, { force: true }));
  execFileSync(
    '/usr/bin/env',
    [...bare({ PATH: '/usr/bin:/bin' }), ...full, noci, ...words, '--trace', path, container.id],
    {
      stdio: 'ignore',
    },
  );
  t.equal(container.state().status, 'created');
  t.match(readFileSync(`${place}.log`, 'utf8'), /level=warning .*--trace .*no space left on device/);
});
