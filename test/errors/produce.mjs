// Makes one of the failures under a runtime, and tells what was said.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An ordinary user of the guests. */
const ordinary = 1000;
const asUser = ['setpriv', `--reuid=${ordinary}`, `--regid=${ordinary}`, '--clear-groups'];

/** A bundle in a folder that everybody may pass. */
function makeBundle(noci, failure) {
  const bundle = mkdtempSync(join(tmpdir(), 'noci-failure-'));
  chmodSync(bundle, 0o755);
  for (const folder of ['bin', 'dev', 'proc', 'sys', 'tmp'])
    mkdirSync(join(bundle, 'rootfs', folder), { recursive: true });
  copyFileSync('/bin/busybox', join(bundle, 'rootfs/bin/sh'));
  symlinkSync('sh', join(bundle, 'rootfs/bin/true'));
  const { uid, gid } = failure.user ? { uid: ordinary, gid: ordinary } : {};
  if (failure.user) for (const path of [bundle, ...walk(bundle)]) chownSync(path, ordinary, ordinary);
  const spec = ['spec', ...(failure.user ? ['--rootless'] : []), '--bundle', bundle];
  spawnSync(noci, spec, { uid, gid, env: {} });
  const path = join(bundle, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  // what every version of crun knows
  config.ociVersion = '1.0.2';
  Object.assign(config.process, { terminal: false, args: ['/bin/true'] });
  failure.make(config, bundle);
  const text = JSON.stringify(config, null, 2);
  writeFileSync(path, failure.text?.(text) ?? text);
  return bundle;
}

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    yield join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(join(folder, entry.name));
  }
}

/** One line a record: what logrus and crun put around a message is taken off. */
function said(text, bundle) {
  return text
    .replace(/^time="[^"]*" level=\w+ msg="(.*)"$/gm, (_, message) => JSON.parse(`"${message}"`))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('cgroups in hybrid mode'))
    .join('\n')
    .replaceAll(bundle, '/bundle');
}

function run(runtime, bundle, { user = false, options = [], through = [] }) {
  const root = mkdtempSync(join(tmpdir(), 'noci-failure-root-'));
  if (user) chownSync(root, ordinary, ordinary);
  const id = `failure-${process.pid}`;
  const words = [...through, ...(user ? asUser : []), runtime, '--root', root];
  const env = ['-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', `XDG_RUNTIME_DIR=${root}`];
  // whoever keeps the output open beyond its end is not waited for
  const output = join(root, 'output');
  const call = (args) =>
    spawnSync('sh', [
      '-c',
      'output=$1; shift; exec timeout -k 5 60 env "$@" > "$output" 2>&1 < /dev/null',
      'sh',
      output,
      ...env,
      ...args,
    ]);
  writeFileSync(output, '');
  const { status } = call([...words, ...options, 'run', '--bundle', bundle, id]);
  const text = readFileSync(output, 'utf8');
  call([...words, 'delete', '--force', id]);
  rmSync(root, { recursive: true, force: true });
  return { status, text };
}

const shell = (command) => command && spawnSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });

/** What a runtime says of a failure. */
export function sayingOf(runtime, noci, failure) {
  const bundle = makeBundle(noci, failure);
  try {
    shell(failure.host);
    const { status, text } = run(runtime, bundle, failure);
    return { status, text: said(text, bundle) };
  } finally {
    shell(failure.heal);
    rmSync(bundle, { recursive: true, force: true });
  }
}

/** Makes a failure under noci, follows the message, and runs it again: the status before and after. */
export function mended(noci, failure) {
  const bundle = makeBundle(noci, failure);
  try {
    shell(failure.host);
    const before = run(noci, bundle, failure);
    const text = before.text.replace(/^time="[^"]*" level=\w+ msg="(.*)"$/gm, (_, message) =>
      JSON.parse(`"${message}"`),
    );
    const other = failure.mend(text, bundle) ?? {};
    const after = run(noci, bundle, { ...failure, ...other });
    return { before: before.status, text, after: after.status, rest: after.text };
  } finally {
    shell(failure.heal);
    rmSync(bundle, { recursive: true, force: true });
  }
}
