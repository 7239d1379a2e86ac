// Whoever follows what noci says, and nothing else, gets the container to run; and docs/errors.md says what noci says.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { failures } from '../errors/failures.mjs';
import { mended, sayingOf } from '../errors/produce.mjs';
import { missing, noci } from './bundle.ts';

const skip = missing();
const timeout = 300_000;
const here = failures.filter(({ where }) => where === 'anywhere');

const page = new URL('../../docs/errors.md', import.meta.url);

/** What the page has for noci in the section of that name. */
function documented(name: string): string {
  const text = readFileSync(page, 'utf8');
  const start = text.indexOf(`\n## ${name}\n`);
  if (start < 0) return '';
  const [, block = ''] = /^noci:\n\n((?: {4}.*\n)+)/m.exec(text.slice(start)) ?? [];
  return block.replace(/^ {4}/gm, '').trimEnd();
}

/** `spec` asks for another namespace where cgroups are of version 2, and newer kernels say why they mount nothing. */
const onAnyHost = (text: string): string =>
  text.replace(/line \d+/, 'line N').replace(' (VFS: Mount too revealing)', '');

for (const failure of here) {
  t.test(failure.name, { skip, timeout }, async (t) => {
    const { before, text, after, rest } = mended(noci, failure);
    t.not(before, 0, 'it fails');
    t.equal(after, 0, `after what it told it runs: ${text} ${rest}`);
  });
}

t.test(
  'docs/errors.md is what noci says',
  { skip: skip || (!existsSync(page) && 'no docs/errors.md'), timeout },
  async (t) => {
    const program = noci.slice(noci.lastIndexOf('/') + 1);
    for (const failure of here)
      t.equal(
        onAnyHost(sayingOf(noci, noci, failure).text.replaceAll(`${program} run`, 'noci run')),
        onAnyHost(documented(failure.name)),
        failure.name,
      );
  },
);

t.test('a host on which user namespaces are switched off', { skip, timeout }, async (t) => {
  // each user namespace has a switch of its own: nobody else is troubled
  const script = `
    echo 0 > /proc/sys/user/max_user_namespaces
    folder=$(mktemp -d) && cd "$folder" && mkdir -p rootfs/bin rootfs/proc rootfs/dev rootfs/sys && cp /bin/busybox rootfs/bin/sh
    "$1" spec --rootless && sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"\\/bin\\/sh", "-c", "exit 0"/' config.json
    "$1" --root "$folder/root" run newcomer-$$ > first 2>&1 < /dev/null; echo "first $?"
    cure=$(grep -o 'sysctl -w user.max_user_namespaces=[0-9]*' first | head -n 1)
    echo "cure $cure"
    [ -n "$cure" ] || cat first
    sh -c "$cure" > sysctl 2>&1 || cat sysctl
    "$1" --root "$folder/root" run newcomer-$$ > second 2>&1 < /dev/null; echo "second $?"
    cat second
    cd / && rm -rf "$folder"`;
  const { stdout, stderr } = spawnSync(
    'unshare',
    ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--mount-proc', 'sh', '-c', script, 'sh', noci],
    { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, timeout: 60_000 },
  );
  t.match(stdout, /^first [1-9]\d*\ncure sysctl -w user\.max_user_namespaces=\d+\n/, stdout + stderr);
  t.match(stdout, /\nsecond 0\n/, stdout + stderr);
});
