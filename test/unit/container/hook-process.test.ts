import t from 'tap';
import { runHook } from '../../../src/container/hook-process.ts';
import { native } from '../../native/host.ts';

const shell = (script: string, more: object = {}): Parameters<typeof runHook>[1] => ({
  path: '/bin/sh',
  args: ['sh', '-c', script],
  env: [],
  ...more,
});

const run = (script: string, input = '', more: object = {}): string => runHook(native, shell(script, more), input, '/');

t.test('a hook that ends with 0 is fine, whatever it writes and reads', async (t) => {
  t.equal(run('exit 0'), '');
  t.equal(run('echo out; echo err >&2; cat > /dev/null', 'x'.repeat(200_000)), '');
  t.equal(run('exec 0<&-; exit 0', 'x'.repeat(200_000)), '', 'stdin closed at once');
  t.equal(run('exec 1>&- 2>&-; cat > /dev/null', 'x'.repeat(200_000)), '', 'stdout and stderr closed at once');
});

t.test('the whole input arrives, and then its end', async (t) => {
  const input = `ü${'x'.repeat(100_000)}😀`;
  t.equal(run(`test "$(cat | wc -c)" = ${Buffer.byteLength(input)}`, input), '');
});

t.test('what is wrong, in Go’s words', async (t) => {
  t.equal(run('echo out; echo err >&2; exit 3'), 'exit status 3, stdout: out\n, stderr: err\n');
  t.equal(run('kill -TERM $$'), 'signal: terminated, stdout: , stderr: ');
  t.equal(runHook(native, { path: '/no/hook' }, '', '/'), 'fork/exec /no/hook: no such file or directory');
  t.equal(runHook(native, { path: '/etc/passwd' }, '', '/'), 'fork/exec /etc/passwd: permission denied');
});

t.test('args: path when there are none, verbatim otherwise', async (t) => {
  t.equal(runHook(native, { path: '/bin/true' }, '', '/'), '');
  const args = ['not-sh', '-c', 'echo "$0|$1|$2"; exit 1', 'zero', '', 'a b'];
  t.match(runHook(native, { path: '/bin/sh', args, env: [] }, '', '/'), 'stdout: zero||a b\n');
});

t.test('env: exactly the hook’s own', async (t) => {
  t.match(run('env | grep -v ^PWD= | grep -v ^SHLVL= | grep -v ^_=; exit 1', '', { env: ['A=1'] }), 'stdout: A=1\n, ');
});

t.test('out of time: the whole process group is killed', async (t) => {
  const begin = Date.now();
  t.equal(run('sleep 20 & sleep 20', '', { timeout: 1 }), 'hook ran past specified timeout of 1.0s');
  t.ok(Date.now() - begin < 15_000);
});
