// What dist/noci promises as a file and as a process: it needs nothing, reads nothing, and ends in order whatever is scarce.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { host, missing, noci } from './bundle.ts';
import { bare, type Outcome } from './report.ts';

const project = new URL('../../', import.meta.url).pathname;
const skip = missing() || (host === 'standalone' ? false : `${noci} runs in Node.js`);

/** By a shell with an empty environment; $NOCI is the executable. */
function sh(script: string): Outcome {
  const args = [...bare({ NOCI: noci }), '/bin/sh', '-c', script];
  return spawnSync('/usr/bin/env', args, { encoding: 'utf8', timeout: 60_000 });
}

t.test('the file', { skip }, async (t) => {
  const headers = execFileSync('readelf', ['--program-headers', '--dynamic', '--wide', noci], { encoding: 'utf8' });
  t.notMatch(headers, /INTERP|\(NEEDED\)/, 'is linked statically');
  t.match(headers, /DYN \(Position-Independent/, 'can be anywhere');
  t.match(headers, /GNU_RELRO/, 'cannot be made to jump elsewhere');
  t.notMatch(headers, /^\s*GNU_STACK.*E\s+0x/m, 'has no executable stack');
  t.notMatch(headers, /^\s*LOAD.* RWE /m, 'has nothing that is writable and executable');
  t.ok(statSync(noci).size <= 4 << 20, 'has at most 4 MB');
});

t.test('no mitigation can be turned off', { skip }, async (t) => {
  const words = ['WEAKENED', 'weakened'];
  const found = (path: string): string[] => words.filter((word) => readFileSync(path).includes(word));
  t.strictSame(found(noci), [], 'what turns one off in tests of attacks is not in the file');
  const weakened = join(project, '.build/weakened/noci');
  if (existsSync(weakened)) t.strictSame(found(weakened), words, 'as it is in the one for them');
  const dist = join(project, 'dist');
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('types'),
  ))
    if (statSync(join(dist, name)).isFile()) t.strictSame(found(join(dist, name)), [], `nor in ${name}`);
});

t.test('an empty root and an empty environment', { skip }, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'noci-empty-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  copyFileSync(noci, join(root, 'noci'));
  const chrooted = (...args: string[]) =>
    spawnSync('/usr/bin/env', ['-i', '/usr/sbin/chroot', root, '/noci', ...args], { encoding: 'utf8' });
  const version = chrooted('--version');
  t.strictSame([version.status, version.stderr], [0, ''], 'it starts');
  t.match(version.stdout, /^noci version \d/, 'and answers');
  t.match(chrooted('--help').stdout, /^NAME:/, 'help is in the file too');
  const state = chrooted('state', 'absent');
  t.equal(state.status, 1);
  t.match(state.stderr, 'container does not exist');
});

t.test('its start asks the kernel for little', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'noci-start-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const output = join(folder, 'trace');
  execFileSync('strace', ['-qq', '-o', output, noci, '--version'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const calls = readFileSync(output, 'utf8').split('\n').filter(Boolean);
  const files = calls.slice(1).filter((call) => /^(open|openat|openat2|readlink|stat|newfstatat|access)\(/.test(call));
  t.match(files, [/^open\("\/proc\/self\/exe"/], 'no file but its own');
  t.ok(calls.length <= 20, `${calls.length} system calls`);
});

t.test('from an image of its heap', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'noci-image-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const traced = (...command: string[]) => {
    const output = join(folder, 'trace');
    const { status } = spawnSync('strace', ['-qq', '-o', output, ...command, '--version'], { stdio: 'ignore' });
    t.equal(status, 0);
    return readFileSync(output, 'utf8');
  };
  const huge = readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8');
  if (!huge.includes('[never]')) t.match(traced(noci), /^pread64\(.* = [1-9]\d+$/m, 'which is read into a huge page');
  copyFileSync(noci, join(folder, 'noci'));
  t.match(
    traced('/usr/sbin/chroot', folder, '/noci'),
    /^mremap\(.* = 0x6e6f63600000$/m,
    'which is moved to where heaps are when there is no /proc',
  );
});

t.test('closed standard streams', { skip }, async (t) => {
  t.equal(sh('exec "$NOCI" --version <&- >&- 2>&-').status, 0, 'become the null device');
  const { stdout } = sh('exec "$NOCI" state absent <&- 2>&-');
  t.equal(stdout, '', 'what belongs to stderr does not come out elsewhere');
});

t.test('a reader that went away', { skip }, async (t) => {
  const { stderr } = sh('{ sleep 0.2; "$NOCI" --help; echo "status $?" >&2; } | true');
  t.match(stderr, /broken pipe/, 'is told');
  t.match(stderr, /status 1\n$/, 'and does not kill');
});

t.test('little stack', { skip }, async (t) => {
  for (const kilobytes of [64, 128, 512, 'unlimited']) {
    const { status, stderr } = sh(`ulimit -s ${kilobytes}; exec "$NOCI" --version`);
    t.strictSame([status, stderr], [0, ''], `ulimit -s ${kilobytes}`);
  }
});

t.test('little memory', { skip }, async (t) => {
  // Below that the kernel cannot load the file, and kills.
  const loaded = Math.ceil(statSync(noci).size / 1024) + 1024;
  const statuses = new Set<number | null>();
  for (let kilobytes = loaded; kilobytes <= loaded + 4096; kilobytes += 128) {
    const { status, stderr } = sh(`ulimit -v ${kilobytes}; exec "$NOCI" --help`);
    statuses.add(status);
    if (status !== 0) t.match(stderr, /level=error msg=".*out of memory/, `ulimit -v ${kilobytes}: a record says why`);
  }
  t.strictSame([...statuses], [1, 0], 'an error where there is too little, else none');
});
