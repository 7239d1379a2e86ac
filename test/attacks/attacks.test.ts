// Every row of rows.ts: its test fails on .build/weakened/noci without the row's mitigation. That it passes on the program itself is
// seen by test/integration, and here with NOCI_ATTACKS=both. NOCI_ROWS="S01 S02" chooses.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import { type Row, rows } from './rows.ts';

const project = new URL('../../', import.meta.url).pathname;
const weakened = join(project, '.build/weakened/noci');
const released = join(project, process.env.NOCI ?? 'dist/noci');
const apart = join(project, 'test/attacks/apart.sh');
const scripts = join(project, '.build/attacks');
const missing = process.getuid?.() !== 0 ? 'root is needed' : !existsSync(weakened) && `${weakened} is not built`;
const skip = missing || (process.env.NOCI !== undefined && process.env.NOCI_ATTACKS === undefined && 'once is enough');
/** In milliseconds; the shorter one for what is to hang. */
const patience = { usual: 120_000, short: 15_000 };

const chosen = (process.env.NOCI_ROWS ?? '').split(' ').filter(Boolean);
const wanted = rows.filter(({ row }) => chosen.length === 0 || chosen.includes(row));

/** One script for each file, so that it is not compiled for every row again. */
async function compile(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const entry = join(project, 'test/integration', `${file}.test.ts`);
    await build({
      entryPoints: [entry],
      outfile: join(scripts, `${file}.mjs`),
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
      // sources find the project by where they are
      banner: { js: 'globalThis.weakenedRow = process.env.NOCI_WEAKENED;' },
      define: { 'import.meta.url': JSON.stringify(`file://${entry}`) },
    });
  }
}

/** Exactly this name, as tap's filter wants it. */
const pattern = (name: string): string => `/^${name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$/`;

let runs = 0;

/** Apart from this machine: an attack that succeeds must not be one on it. */
function attack({ file, test, hangs }: Row, program: string, row: string): SpawnSyncReturns<string> {
  const mark = `attack-${process.pid}-${++runs}`;
  const env = {
    PATH: process.env.PATH ?? '',
    EXEC_COUNT: '30',
    NOCI: program,
    NOCI_WEAKENED: row,
    NOCI_TEST_MARK: mark,
    TAP: '1',
    TAP_GREP: test.map(pattern).join('\n'),
    TAP_FILTER_QUIETLY: '1',
    TAP_TIMEOUT: '900',
  };
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  // tap adds variables of its own to those of every process which it spawns
  const whole = ['-i', ...words, '/bin/sh', apart, process.execPath, join(scripts, `${file}.mjs`)];
  const result = spawnSync('/usr/bin/env', whole, {
    encoding: 'utf8',
    timeout: hangs && row !== '' ? patience.short : patience.usual,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 28,
  });
  clear(mark);
  return result;
}

/** Ends what an attack has left: containers have the mark in the names of their cgroups. */
function clear(mark: string): void {
  const find = ['/sys/fs/cgroup', '-depth', '-type', 'd', '-name', `noci-test-${mark}-*`];
  const mine = spawnSync('find', find, { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
  const write = (folder: string, file: string, text: string): void => {
    if (existsSync(join(folder, file))) writeFileSync(join(folder, file), text);
  };
  for (const folder of mine) {
    for (const member of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
      process.kill(Number(member), 'SIGKILL');
    write(folder, 'freezer.state', 'THAWED');
  }
  for (const folder of mine)
    spawnSync('sh', ['-c', 'for i in 1 2 3 4 5 6 7 8 9; do rmdir "$0" && break; sleep 0.05; done 2>/dev/null', folder]);
}

/** Lines of the report that say which tests ran, and which of them failed. */
const ran = (output: string, name: string): boolean =>
  output.split('\n').some((line) => line.trim().startsWith(`# Subtest: ${name}`));
/** Why a test did not run: what this machine does not have. '' when it did. */
const skipped = (output: string, name: string): string =>
  new RegExp(`^ok \\d+ - ${pattern(name).slice(2, -2)} # SKIP (.*)$`, 'm').exec(output)?.[1] ?? '';
const failures = (output: string): string[] =>
  output
    .split('\n')
    .filter((line) => /^\s*not ok /.test(line))
    .map((line) => line.trim());

function assertGreen(t: Test, row: Row, program: string, switched: string): void {
  const { status, stdout, stderr } = attack(row, program, switched);
  if (skipped(stdout, row.test[0] as string) !== '') return;
  t.ok(ran(stdout, row.test[0] as string), `it runs: ${stderr}`);
  t.strictSame(failures(stdout), [], `${program} stands it`);
  t.equal(status, 0, `${program} stands it`);
}

t.test('docs/security.md has them all', async (t) => {
  const lines = readFileSync(join(project, 'docs/security.md'), 'utf8').split('\n');
  const told = lines.filter((line) => /^\| S\d\d \|/.test(line)).map((line) => line.split(' | '));
  t.strictSame(
    told.map(([row = '', attack, , test]) => [row.slice(2), attack, test?.replace(/ \|$/, '')]),
    rows.map(({ row, attack, file, test }) => [row, attack, `${file}: ${test.join(', ')}`]),
  );
});

t.test('rows', { skip, timeout: 3_600_000 }, async (t) => {
  t.equal(wanted.length, chosen.length === 0 ? rows.length : chosen.length, `there are rows ${chosen.join(' ')}`);
  await compile([...new Set(wanted.map(({ file }) => file))]);
  for (const row of wanted) {
    await t.test(`${row.row}: ${row.attack}`, async (t) => {
      if (process.env.NOCI_ATTACKS === 'both') {
        assertGreen(t, row, released, '');
        assertGreen(t, row, weakened, '');
      }
      const { stdout, stderr, signal } = attack(row, weakened, row.row);
      const lacking = skipped(stdout, row.test[0] as string);
      if (lacking !== '') return void t.pass(row.row, { skip: lacking });
      if (row.hangs) t.equal(signal, 'SIGKILL', 'without the mitigation the test never ends');
      else {
        t.ok(ran(stdout, row.test[0] as string), `it runs: ${stderr}`);
        t.not(failures(stdout).length, 0, 'without the mitigation the test fails');
      }
      if (process.env.NOCI_ATTACKS !== undefined) t.comment(failures(stdout).slice(0, 3).join('\n'));
    });
  }
});
