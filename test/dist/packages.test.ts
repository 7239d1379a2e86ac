// The Debian package and the npm package: what is in them, and that it works from where it is installed.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
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
import t, { type Test } from 'tap';

const root = new URL('../../', import.meta.url).pathname;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'noci-dist-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Without what tap puts into the environment of children: it would be in the way of Node.js. */
function call(program: string, words: readonly string[]) {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/root', LC_ALL: 'C.UTF-8' };
  return spawnSync(program, words, { cwd: root, env, encoding: 'utf8', timeout: 60_000 });
}

function must(program: string, ...words: string[]): string {
  const { status, stdout, stderr } = call(program, words);
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`);
  return stdout;
}

/** Builds both, at a time that is not now. */
function build(): { deb: Buffer; npm: Buffer; debPath: string; npmPath: string } {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, SOURCE_DATE_EPOCH: '1700000000' };
  const { status, stdout, stderr } = spawnSync('node', ['build/dist.mjs'], { cwd: root, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [debPath = '', npmPath = ''] = stdout
    .trim()
    .split('\n')
    .map((path) => join(root, path));
  return { deb: readFileSync(debPath), npm: readFileSync(npmPath), debPath, npmPath };
}

const skip =
  lstatSync(join(root, 'dist/noci')).isSymbolicLink() && 'dist/noci runs in Node.js: sh build/quickjs.sh tells why';
let made: ReturnType<typeof build> | undefined;
function first() {
  made ??= build();
  return made;
}

/** The Debian package, installed below a folder of its own. */
function install(t: Test): string {
  const target = folder(t);
  // the folders that dpkg(1) looks for below --root
  must(
    '/bin/sh',
    '-c',
    `cd "$0" && mkdir -p var/lib/dpkg/updates var/lib/dpkg/info var/lib/dpkg/triggers && : >var/lib/dpkg/status`,
    target,
  );
  const words = [`--root=${target}`, '--force-script-chrootless', '--force-architecture', '--install', first().debPath];
  must('dpkg', ...words);
  return target;
}

t.test('the same bytes twice', { skip }, async (t) => {
  const { deb, npm } = first();
  const second = build();
  t.ok(deb.equals(second.deb), 'the Debian package');
  t.ok(npm.equals(second.npm), 'the npm package');
});

t.test('the Debian package, installed', { skip }, async (t) => {
  const target = install(t);
  const noci = join(target, 'usr/bin/noci');

  await t.test('runs, without anything of the host', async (t) => {
    t.match(must(noci, '--version'), `noci version ${version}\n`);
    t.match(
      must('chroot', target, '/usr/bin/noci', '--version'),
      `noci version ${version}\n`,
      'in a root with nothing else',
    );
  });

  await t.test('answers to the name runc', async (t) => {
    const runc = join(target, 'runc');
    symlinkSync('usr/bin/noci', runc);
    t.match(must(runc, '--version'), `runc version ${version}\n`, 'go-runc reads this');
    t.match(must(runc, 'create', '--help'), /^NAME:\n {3}runc create - /);
    t.match(call(runc, ['create', '--bundle', target, 'x']).stderr, /runc create failed: /);
  });

  await t.test('has a manual without warnings', async (t) => {
    const manual = join(target, 'usr/share/man/man1');
    const pages = readdirSync(manual);
    t.ok(pages.includes('noci.1.gz') && pages.includes('noci-exec.1.gz'));
    for (const name of pages) {
      const text = must('zcat', join(manual, name));
      const page = join(target, 'page');
      writeFileSync(page, text);
      const { status, stdout, stderr } = call('groff', ['-man', '-ww', '-Tutf8', '-P-cbou', page]);
      t.equal(status, 0, name);
      t.equal(stderr, '', `${name}: no warnings`);
      t.match(stdout, /^NAME\n {7}noci.* - \S/m, name);
    }
    t.match(must('zcat', join(manual, 'noci-exec.1.gz')), '\\fB\\-\\-additional\\-gids\\fP \\fITEXT\\fP');
  });

  await t.test('completes in bash', async (t) => {
    const script = join(target, 'usr/share/bash-completion/completions/noci');
    const after = (...words: string[]) => {
      const lines = [
        `PATH=${join(target, 'usr/bin')}:$PATH`,
        `source ${script}`,
        `COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=\${#COMP_LINE}`,
        '"$(complete -p noci | sed -E "s/.* -F ([^ ]+) .*/\\1/")"',
        `printf "%s\\n" "\${COMPREPLY[@]}"`,
      ];
      return must('bash', '--norc', '-c', lines.join('\n'), 'bash', 'noci', ...words)
        .trim()
        .split('\n');
    };
    t.strictSame(after('exe'), ['exec']);
    const options = after('exec', '--');
    for (const option of ['--detach', '--additional-gids', '--ignore-paused']) t.ok(options.includes(option), option);
    t.notOk(options.includes('--force'), 'none of other commands');
  });

  await t.test('completes in zsh', { skip: !existsSync('/usr/bin/zsh') && 'there is no zsh' }, async (t) => {
    must('zsh', '-n', join(target, 'usr/share/zsh/vendor-completions/_noci'));
    t.match(readFileSync(join(target, 'usr/share/zsh/vendor-completions/_noci'), 'utf8'), /^#compdef noci\n/);
  });

  await t.test('completes in fish', { skip: !existsSync('/usr/bin/fish') && 'there is no fish' }, async (t) => {
    const script = join(target, 'usr/share/fish/vendor_completions.d/noci.fish');
    const lines = (line: string) =>
      must(
        'fish',
        '--no-config',
        '-c',
        `set -x PATH ${join(target, 'usr/bin')} $PATH; source ${script}; complete -C '${line}'`,
      );
    t.match(lines('noci ex'), /^exec\t\S/m);
    t.match(lines('noci exec --ignore'), /^--ignore-paused\t\S/m);
  });

  await t.test('has a changelog', async (t) => {
    const text = must('zcat', join(target, 'usr/share/doc/noci/changelog.gz'));
    const [, release, day] =
      /^noci \((.+)\) unstable; urgency=medium\n\n {2}\* .+\n\n -- .+ <.+> {2}(.+)\n$/.exec(text) ?? [];
    t.equal(release, version, 'in the form of deb-changelog(5)');
    t.equal(day, 'Tue, 14 Nov 2023 22:13:20 +0000', 'of SOURCE_DATE_EPOCH');
  });

  await t.test('says under what licences it is', async (t) => {
    t.match(readFileSync(join(target, 'usr/share/doc/noci/copyright'), 'utf8'), 'License: Apache-2.0');
    t.match(must('zcat', join(target, 'usr/share/doc/noci/NOTICES.gz')), 'QuickJS-ng');
  });
});

t.test('the npm package, installed', { skip }, async (t) => {
  const target = folder(t);
  writeFileSync(join(target, 'package.json'), '{ "private": true }');
  // what npm has in its cache would be installed without being downloaded
  const frugal = ['--offline', '--omit=optional', '--ignore-scripts', '--silent'];
  must('npm', 'install', '--prefix', target, ...frugal, first().npmPath);
  const installed = join(target, 'node_modules/noci');
  const inTarget = (name: string, text: string) => {
    writeFileSync(join(target, name), text);
    return join(target, name);
  };
  const use = `
    const runtime = new Runtime({ root: ${JSON.stringify(join(target, 'root'))} });
    const refused = (error) => error instanceof RuntimeError && error.code;
    (async () => {
      const problems = await runtime.validate({ config: { ociVersion: '1.2.0' } });
      const { ociVersionMax } = await runtime.features();
      const code = await runtime.create({ id: 'x', bundle: '/nothing' }).catch(refused);
      console.log(problems.length > 0, ociVersionMax, await runtime.list(), code);
    })();`;
  const told = 'true 1.3.0 [] ENOENT\n';

  t.match(must(join(target, 'node_modules/.bin/noci'), '--version'), `noci version ${version}\n`);
  t.match(
    must(join(target, 'node_modules/.bin/noci-node'), 'doctor').replace(/\s+/g, ' '),
    /\? libraries asking them needs the npm package koffi, which cannot be loaded: Cannot find module 'koffi'/,
    'koffi is not there, and only doctor tells',
  );
  t.equal(must('node', inTarget('esm.mjs', `import { Runtime, RuntimeError } from 'noci';${use}`)), told, 'import');
  t.equal(
    must('node', inTarget('cjs.cjs', `const { Runtime, RuntimeError } = require('noci');${use}`)),
    told,
    'require',
  );

  const typed = `
    import { Runtime, RuntimeError, type Config, type ContainerPlan, type ContainerStats, type Output } from 'noci';
    export const config: Config = { ociVersion: '1.3.0', root: { path: 'rootfs' }, process: { cwd: '/', args: ['true'] } };
    // @ts-expect-error a property of the specification has its type
    export const wrong: Config = { ociVersion: 1 };
    export async function run(signal: AbortSignal): Promise<Output> {
      const runtime = new Runtime({ systemdCgroup: true });
      await using container = await runtime.create({ id: 'x', bundle: '.', stdio: ['ignore', 'pipe', 2], signal });
      for await (const stats of container.stats({ interval: 100, signal })) {
        const taken: ContainerStats = stats;
        const pids: number | bigint | undefined = taken.pids.current;
        console.log(pids);
      }
      const plan: ContainerPlan = await runtime.plan({ bundle: '.' });
      console.log(plan.steps.length);
      return container.output(['true'], { terminal: { rows: 1, columns: 1 } });
    }
    export const pointerOf = (error: unknown): string | undefined =>
      error instanceof RuntimeError ? error.pointer : undefined;`;
  const files = [inTarget('typed.mts', typed), inTarget('typed.cts', typed)];
  mkdirSync(join(target, 'node_modules/@types'), { recursive: true });
  for (const name of ['@types/node', 'undici-types'])
    symlinkSync(join(root, 'node_modules', name), join(target, 'node_modules', name));
  const tsc = (...words: string[]) => {
    const { stdout, stderr } = call(join(root, 'node_modules/.bin/tsc'), [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      ...words,
    ]);
    return stdout + stderr;
  };
  t.equal(tsc('--module', 'nodenext', ...files), '', 'types for import and for require');
  t.equal(tsc('--module', 'node16', ...files), '', 'as Node.js 16 has it');
  t.equal(
    tsc('--module', 'esnext', '--moduleResolution', 'bundler', inTarget('bundled.ts', typed)),
    '',
    'and bundlers',
  );

  const names = readdirSync(installed);
  for (const name of ['noci', 'noci-keeper', 'noci-library.node', 'noci.node', 'NOTICES', 'LICENSE'])
    t.ok(names.includes(name), name);
});
