// What is wrong with a command, a user, a file or a console socket is told by run, create and exec in one way, and changes nothing.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing } from './bundle.ts';
import { type Container, makeContainer, running } from './container.ts';
import { watchHost } from './host-watch.ts';

const skip = missing();
const timeout = 300_000;

interface Case {
  readonly name: string;
  /** of config.json, and of the process file of exec */
  readonly process?: Draft;
  /** by command; the bundle is a folder that the words may name */
  readonly options?: (folder: string) => Options;
  /** without the prefix of the command */
  readonly text: RegExp;
  /** those that have it; all when absent */
  readonly commands?: readonly Command[];
}

type Command = 'run' | 'create' | 'exec';
type Options = Readonly<Partial<Record<Command, readonly string[]>>>;
const commands: readonly Command[] = ['run', 'create', 'exec'];

const started = 'unable to start container process: ';
const args = (...words: string[]): Draft => ({ args: words });
const begins = (text: string): RegExp => new RegExp(`^${text.replaceAll(/[$()[\].?*+|\\]/g, '\\$&')}`);

const cases: readonly Case[] = [
  {
    name: 'a command that is in no folder of PATH',
    process: args('nope'),
    text: begins(`${started}exec: "nope": executable file not found in $PATH`),
  },
  {
    name: 'a path where nothing is',
    process: args('/no/where'),
    text: begins(`${started}exec: "/no/where": stat /no/where: no such file or directory`),
  },
  { name: 'an empty word', process: args(''), text: begins(`${started}exec: "": executable file not found in $PATH`) },
  {
    name: 'a directory',
    process: args('/etc'),
    text: begins(`${started}exec: "/etc": is a directory: permission denied`),
  },
  {
    name: 'a file that is not executable',
    process: args('/etc/passwd'),
    text: begins(`${started}exec: "/etc/passwd": permission denied`),
  },
  {
    name: 'a working directory that is a file',
    process: { args: ['/bin/true'], cwd: '/etc/passwd' },
    text: /^unable to start container process: .*not a directory/,
  },
  {
    name: 'a user that is no number',
    process: { args: ['/bin/true'], user: { uid: 'root', gid: 0 } },
    text: /user\/uid/,
  },
  {
    name: 'a user that is too large',
    process: { args: ['/bin/true'], user: { uid: 2 ** 32, gid: 0 } },
    text: /user\/uid/,
  },
  {
    name: 'a console socket that is not there',
    process: { args: ['/bin/true'], terminal: true },
    options: (folder) => {
      const words = ['--console-socket', join(folder, 'absent')];
      return { run: ['--detach', ...words], create: words, exec: ['--detach', ...words] };
    },
    text: /^console socket \S+absent: connect: no such path \(ENOENT\)/,
  },
  {
    name: 'a file as console socket',
    process: { args: ['/bin/true'], terminal: true },
    options: (folder) => {
      const words = ['--console-socket', join(folder, 'config.json')];
      return { run: ['--detach', ...words], create: words, exec: ['--detach', ...words] };
    },
    text: /^console socket \S+config\.json: connect: /,
  },
  {
    name: 'a console socket without a terminal',
    process: args('/bin/true'),
    options: () => ({
      run: ['--console-socket', '/x'],
      create: ['--console-socket', '/x'],
      exec: ['--console-socket', '/x'],
    }),
    text: begins('cannot use console socket if runc will not detach or allocate tty'),
  },
  {
    name: 'an fd that is not there',
    process: args('/bin/true'),
    options: () => ({ run: ['--preserve-fds', '1'], create: ['--preserve-fds', '1'], exec: ['--preserve-fds', '1'] }),
    text: begins('unable to stat preserved-fd 0 (of 1): stat /proc/self/fd/3: no such file or directory'),
  },
  {
    name: 'a pid file in no folder',
    process: args('/bin/true'),
    options: () => ({ run: ['--pid-file', '/no/x'], create: ['--pid-file', '/no/x'], exec: ['--pid-file', '/no/x'] }),
    text: /\/no\//,
  },
];

/** Of what is wrong with exec alone. */
const ofExec: readonly (readonly [words: readonly string[], text: RegExp])[] = [
  [['--process', '/no/file'], begins('open /no/file: no such file or directory')],
  [['--process', '/'], /\//],
  [['--process', 'BUNDLE/config.json/file'], /^open \S+config\.json\/file: /],
  [['--process', '/dev/null'], /\/dev\/null is no regular file/],
  [['--user', 'root'], begins('bad uid: strconv.Atoi: parsing "root": invalid syntax')],
  [['--user', '0:wheel'], begins('bad gid: strconv.Atoi: parsing "wheel": invalid syntax')],
];

/** The error of a call: its text on stderr without what is before the message, and its status. */
function refusal(container: Container, command: Command, words: readonly string[], end: readonly string[]) {
  const { status, stdout, stderr } = container.call([command, ...words, ...end]);
  const message = /level=error msg=("(?:[^"\\]|\\.)*")/.exec(stderr)?.[1] ?? '""';
  return { status, stdout, message: JSON.parse(message) as string };
}

function check(t: Test, name: string, command: Command, seen: ReturnType<typeof refusal>, text: RegExp): void {
  const prefix = command === 'exec' ? 'exec failed: ' : `noci ${command} failed: `;
  t.equal(seen.status, command === 'exec' ? 255 : 1, `${command}, ${name}: status`);
  t.equal(seen.stdout, '', `${command}, ${name}: nothing ran`);
  t.equal(seen.message.slice(0, prefix.length), prefix, `${command}, ${name}: prefix`);
  const message = seen.message.slice(prefix.length);
  // what init finds out is told so where init is the container's
  const told = command === 'exec' ? message : message.replace(': error during container init: ', ': ');
  t.match(told, text, `${command}, ${name}: text`);
}

for (const command of commands) {
  t.test(command, { skip, timeout }, async (t) => {
    for (const { name, process, options = (): Options => ({}), text } of cases) {
      const words = (folder: string): readonly string[] => options(folder)[command] ?? [];
      if (command === 'exec') continue;
      const host = watchHost(t);
      const container = makeContainer(t, (config) => Object.assign(config.process, { terminal: false }, process));
      const { bundle, id } = container;
      check(t, name, command, refusal(container, command, [...words(bundle), '--bundle', bundle], [id]), text);
      t.strictSame(readdirSync(container.root), [], `${name}: no state`);
      host.assertUntouched(container);
    }
    if (command !== 'exec') return;
    const container = running(t);
    const { bundle, id } = container;
    const members = (): number[] => JSON.parse(container.call(['ps', '--format', 'json', id]).stdout);
    const state = container.state();
    const before = members();
    mkdirSync(join(bundle, 'files'));
    const file = join(bundle, 'files/process.json');
    const unchanged = (name: string): void => {
      t.strictSame(members(), before, `${name}: no process`);
      t.strictSame(container.state(), state, `${name}: the container is as it was`);
    };
    for (const { name, process, options = (): Options => ({}), text } of cases) {
      writeFileSync(file, JSON.stringify({ cwd: '/', env: ['PATH=/bin'], ...process }));
      const words = [...(options(bundle).exec ?? []), '--process', file];
      check(t, name, command, refusal(container, command, words, [id]), text);
      unchanged(name);
    }
    for (const [words, text] of ofExec) {
      const name = words.join(' ');
      const placed = words.map((word) => word.replace('BUNDLE', bundle));
      check(t, name, command, refusal(container, command, placed, [id, '/bin/true']), text);
      unchanged(name);
    }
  });
}
