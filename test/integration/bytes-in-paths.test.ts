// The path of a bundle need not be UTF-8: it is saved, shown and found again, and nothing is left behind.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeBundle, missing, noci } from './bundle.ts';
import { snapshot } from './host-snapshot.ts';

t.test('a bundle below a folder that is not UTF-8', { skip: missing() }, async (t) => {
  const bundle = makeBundle(t, (config) => {
    config.process.args = ['/bin/true'];
  });
  const root = mkdtempSync(join(tmpdir(), 'noci-bytes-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const id = `noci-bytes-${process.pid}`;
  // Node.js can pass no such argument, so a shell names the folder
  const script = `
    odd=$(printf '${root}/b\\377'); mkdir "$odd" && mv '${bundle}' "$odd/bundle"
    runtime='env -i ${noci} --root ${root}/state'
    $runtime create --bundle "$odd/bundle" ${id} </dev/null >/dev/null 2>&1 || exit 1
    $runtime state ${id} || exit 2
    $runtime start ${id} || exit 3
    $runtime delete --force ${id} || exit 4`;
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script], { encoding: 'latin1' });
  t.equal(status, 0, stderr);
  t.match(stdout, /"bundle": "[^"]*\/b\\udcff\/bundle"/);
  t.strictSame(readdirSync(join(root, 'state')), [], 'no state is left');
  t.strictSame(snapshot(id, bundle, []).cgroups, [], 'no cgroup is left');
});
