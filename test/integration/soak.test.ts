// 500 lives of a container leave the machine as it was: what leaks once per container shows here as 500.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeBundle, missing, noci } from './bundle.ts';
import { snapshot } from './host-snapshot.ts';
import { call } from './report.ts';

const cycles = 500;

const mark = `noci-soak-${process.pid}-`;

/** What the whole machine holds. `files` is the kernel's number of open file descriptions. */
function counts(): { readonly processes: number; readonly files: number } {
  return {
    processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length,
    files: Number(readFileSync('/proc/sys/fs/file-nr', 'utf8').split('\t')[0]),
  };
}

t.test(`${cycles} containers leave nothing`, { skip: missing(), timeout: 900_000 }, async (t) => {
  const bundle = makeBundle(t, (config) => {
    config.process.args = ['/bin/sleep', '60'];
  });
  const root = mkdtempSync(join(tmpdir(), 'noci-soak-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const live = (id: string): string =>
    [
      ['create', '--bundle', bundle, id],
      ['start', id],
      ['kill', id, 'KILL'],
      ['delete', '--force', id],
    ]
      .map((args) => call(noci, root, args))
      .map(({ status, stderr }) => (status === 0 ? '' : stderr))
      .join('');
  live(`${mark}warm`);
  const look = () => snapshot(mark, bundle, [root]);
  const [seen, before] = [look(), counts()];
  const errors: string[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    const error = live(`${mark}${cycle}`);
    if (error !== '') errors.push(error);
  }
  const after = counts();
  t.strictSame(errors, [], 'every command succeeds');
  t.strictSame(look(), seen, 'no mount, cgroup, process or state is left');
  // others start and end processes meanwhile; a leak would be 500
  for (const key of ['processes', 'files'] as const) {
    t.ok(after[key] - before[key] < cycles / 4, `${key}: ${before[key]} before, ${after[key]} after`);
  }
});
