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
    t.strictSame(after('ex'), ['exec']);
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

t.test('the npm package, unpacked', { skip }, async (t) => {
  const target = folder(t);
  const unpacked = join(target, 'node_modules/noci');
  mkdirSync(unpacked, { recursive: true });
  must('tar', '-xf', first().npmPath, '-C', unpacked, '--strip-components=1');
  const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
  t.match(must(join(unpacked, manifest.bin.noci), '--version'), `noci version ${version}\n`);
  const typed = join(target, 'typed.ts');
  writeFileSync(
    typed,
    `import { explain, plan, validate, type ContainerPlan } from 'noci';
    const made: ContainerPlan = plan('bundle', 'x');
    export const text: string = explain(made);
    export const count: number = validate({}).length;`,
  );
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }');
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', typed];
  t.equal(call(join(root, 'node_modules/.bin/tsc'), strict).stdout, '', 'types');
  const program = `import { validate } from ${JSON.stringify(join(unpacked, manifest.exports['.'].default))};
    console.log(validate({ ociVersion: '1.2.0' }).length > 0)`;
  t.equal(must('node', '--input-type=module', '--eval', program), 'true\n', 'the library with its addon');
});
