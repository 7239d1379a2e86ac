// The benchmark as a whole, with few rounds. Takes a minute and is no part of `npm test`:
//   npx tap run --reporter=tap test/bench
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

const folder = mkdtempSync(join(tmpdir(), 'noci-quick-'));
t.teardown(() => rmSync(folder, { recursive: true }));
execFileSync('sh', ['bench/build.sh'], { stdio: 'inherit' });

interface Found {
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Starts it without the variables that tap adds. */
function bench(...words: string[]): Found {
  const program = ['unshare', '--mount', '--propagation', 'private', process.execPath, '.build/bench/main.mjs'];
  const child = spawn('/usr/bin/env', ['-i', `PATH=${process.env.PATH}`, ...program, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (status) => resolve({ status, ...texts })),
  );
  return { process: child, ended };
}

/** Names below /sys/fs/cgroup and the folder for temporary files that a run with this pid has made. */
function leftovers(pid: number | undefined): string[] {
  const cgroups = execFileSync('find', ['/sys/fs/cgroup', '-name', `noci-bench-${pid}-*`], { encoding: 'utf8' });
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(`noci-bench-${pid}-`));
  return [...cgroups.split('\n').filter((line) => line !== ''), ...folders];
}

t.test('a small run measures everybody, shows who fails, and leaves nothing', async (t) => {
  const liar = join(folder, 'liar');
  writeFileSync(liar, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const [json, chart] = [join(folder, 'figures.json'), join(folder, 'chart.svg')];
  const run = bench('--quick', '--rounds', '2', '--runtime', `liar=${liar}`, '--json', json, '--chart', chart);
  const { status, stdout, stderr } = await run.ended;
  t.equal(status, 0, stderr);
  const { figures, growth } = JSON.parse(readFileSync(json, 'utf8'));
  const find = (name: string, runtime: string) =>
    figures.find((one: { name: string; runtime: string }) => one.name === name && one.runtime === runtime);
  for (const runtime of ['noci', 'crun', 'runc']) {
    for (const name of [
      '--version',
      'run b1 cold',
      'create',
      'start',
      'state',
      'kill',
      'delete',
      'many',
      'waiting init, Pss',
    ]) {
      const figure = find(name, runtime);
      t.ok(figure?.error === undefined && figure?.median > 0, `${runtime}: ${name}`, figure);
    }
  }
  t.ok(find('run b1 cold', 'floor')?.median > 0, 'the floor');
  t.match(find('create', 'liar')?.error, /report is not told/, 'a runtime that does nothing is not fast');
  t.ok(
    growth.some(({ crowd }: { crowd: string }) => crowd === 'containers') &&
      growth.some(({ crowd }: { crowd: string }) => crowd === 'mounts'),
  );
  t.match(stdout, /\| run b1, cold +\|/);
  t.match(readFileSync(chart, 'utf8'), /^<svg /);
  t.strictSame(leftovers(run.process.pid), []);
});

t.test('an interrupted run leaves nothing', async (t) => {
  for (const [signal, after] of [
    ['SIGINT', /50 containers/],
    ['SIGTERM', /growth, crun/],
  ] as const) {
    const run = bench('--quick', '--json', join(folder, 'interrupted.json'));
    run.process.stderr?.on('data', (text: string) => {
      if (after.test(text)) setTimeout(() => run.process.kill(signal), 700);
    });
    const { status, stderr } = await run.ended;
    t.equal(status, 1);
    t.match(stderr, /interrupted/);
    t.strictSame(leftovers(run.process.pid), [], signal);
  }
});
