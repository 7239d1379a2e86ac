// What guest.sh does when everything is there: guest.ts as plain JavaScript, with what it needs beside it, in a guest of its own.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { runInGuest } from '../vm/machine.mjs';
import { plainJavaScript } from '../vm/stage.mjs';
import { TemporaryFolder } from '../vm/temporary-folder.mjs';

const at = '/noci';

/** Of the whole walk, as is TAP_TIMEOUT: a guest on a busy machine takes long. */
const seconds = 3600;

const stage = new TemporaryFolder('noci-stage-');
const packages = readdirSync('dist').filter((name) => name.endsWith('.deb'));
for (const path of ['docs/install', 'test/engines/cri.proto', ...packages.map((name) => join('dist', name))])
  cpSync(path, join(stage.path, path), { recursive: true });

await build({
  ...plainJavaScript,
  entryPoints: ['test/engines/guest.ts'],
  outfile: join(stage.path, 'test/engines/guest.mjs'),
});
await build({ ...plainJavaScript, entryPoints: ['test/engines/image.ts'], outfile: join(stage.path, 'image.mjs') });
const archive = `import('${stage.path}/image.mjs').then(({ makeArchive }) => makeArchive('${stage.path}/image.tar'))`;
spawnSync(process.execPath, ['-e', archive], { stdio: 'inherit' });

process.exitCode = await runInGuest('bookworm-engines', {
  words: ['node', 'test/engines/guest.mjs'],
  cwd: at,
  env: { NOCI_EMULATED: '1', TAP: '1', TAP_TIMEOUT: String(seconds) },
  copies: [{ from: stage.path, to: at }],
  seconds,
});
