// --debug tells what is going to be made, and how long each step and phase of it took; on stderr, never on stdout.
import t from 'tap';
import { missing } from './bundle.ts';
import { makeContainer, must } from './container.ts';

const skip = missing();
const timeout = 120_000;

/** The messages of the debug records, in their order. */
function messages(stderr: string): string[] {
  const records = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return records.filter(({ level }) => level === 'debug').map(({ msg }) => msg);
}

t.test('the plan and the phases', { skip, timeout }, async (t) => {
  const container = makeContainer(t, ({ process }) => {
    process.args = ['/bin/echo', 'out'];
    process.env = ['PATH=/bin', 'TOKEN=secret'];
    process.capabilities.ambient = [];
  });
  const args = ['--debug', '--log-format', 'json', 'run', '--bundle', container.bundle, container.id];
  const { stdout, stderr } = must(container.call(args));
  t.equal(stdout, 'out\n');
  const told = messages(stderr);
  const steps = told.filter((line) => /^ *\d+ \w/.test(line));
  t.strictSame(
    steps.map((line) => Number.parseInt(line, 10)),
    steps.map((_line, index) => index),
    'every step, numbered',
  );
  const timed = told.flatMap((line) => /^step (\d+) \w+(?: \(\/.*\))?: \d+\.\d{3} ms$/.exec(line)?.[1] ?? []);
  t.strictSame(
    timed.map(Number),
    steps.slice(1, -2).map((_line, index) => index + 1),
    'every step between `trace` and `ready` tells what it took',
  );
  t.match(
    steps.find((line) => line.includes(' mount ')),
    /target=\/proc .*\(\/mounts\/\d+\)$/,
    'with its property',
  );
  t.notMatch(stderr, /secret/, 'no values of the environment');
  const phases = told.flatMap((line) => /^phase (.+): \d+\.\d{3} ms$/.exec(line)?.[1] ?? []);
  t.strictSame(phases.slice(0, 3), ['probe host', 'load and validate', 'plan cgroup']);
  t.ok(phases.includes('handshake'));
});

t.test('nothing of it without --debug', { skip, timeout }, async (t) => {
  const container = makeContainer(t, ({ process }) => {
    process.args = ['/bin/true'];
    process.capabilities.ambient = [];
  });
  t.equal(must(container.run()).stderr, '');
});
