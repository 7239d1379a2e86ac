// Errors of what is not config.json: the container's command, the command line, the log, other commands.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing, runc } from './bundle.ts';
import { makeContainer, must } from './container.ts';
import { watchHost } from './host-watch.ts';
import { oneRecord, refused } from './refusal.ts';

const skip = missing();
const timeout = 300_000;

/** Commands that cannot be executed, and Go's words for it (os/exec), which engines turn into 126 and 127. */
const commands: readonly (readonly [args: readonly string[], text: string])[] = [
  [['foo'], 'exec: "foo": executable file not found in $PATH'],
  [['/foo'], 'exec: "/foo": stat /foo: no such file or directory'],
  [['/etc/passwd'], 'exec: "/etc/passwd": permission denied'],
  [['/etc'], 'exec: "/etc": is a directory'],
  [[''], 'exec: "": executable file not found in $PATH'],
  [['/etc/passwd/x'], 'exec: "/etc/passwd/x": stat /etc/passwd/x: not a directory'],
  [['./foo'], 'exec: "./foo": stat ./foo: no such file or directory'],
];

const commanding =
  (args: readonly string[]) =>
  (config: Draft): void => {
    config.process.args = args;
    // no warning beside the error: `runc spec` of 1.1.5 asks for ambient capabilities that it does not make inheritable
    delete config.process.capabilities.ambient;
  };

t.test('a command that is not there', { skip, timeout }, async (t) => {
  for (const [args, text] of commands) {
    await t.test(JSON.stringify(args), async (t) => {
      const host = watchHost(t);
      const container = makeContainer(t, commanding(args));
      const msg = refused(t, container, '', '');
      const expected = `noci create failed: unable to start container process: error during container init: ${text}`;
      t.ok(msg.startsWith(expected), msg);
      const same = makeContainer(t, commanding(args), runc);
      const other = same.create();
      const words = /(exec: .*)"/.exec(other.stderr)?.[1]?.replaceAll('\\"', '"');
      if (text.includes('is a directory'))
        t.match(words, /is a directory|permission denied/, 'runc 1.1.5 knows no directory');
      else t.equal(msg.slice(msg.indexOf('exec:')).split('; ')[0], words, 'as runc says it, the cause behind it');
      host.assertUntouched(container);
    });
  }
});

t.test('a command without execute permission for the user', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, (config, folder) => {
    commanding(['tool'])(config);
    config.process.user = { uid: 1000, gid: 1000 };
    config.process.env = ['PATH=/bin:/opt'];
    mkdirSync(join(folder, 'rootfs/opt'));
    writeFileSync(join(folder, 'rootfs/opt/tool'), '#!/bin/sh\n', { mode: 0o700 });
  });
  refused(t, container, /exec: "tool": (permission denied|executable file not found in \$PATH)/, '');
  host.assertUntouched(container);
});

t.test('no PATH, no command without a slash', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, (config) => {
    commanding(['sh'])(config);
    config.process.env = [];
  });
  refused(t, container, 'exec: "sh": executable file not found in $PATH', '');
  host.assertUntouched(container);
});

t.test(
  'a warning does not stand beside an error: podman reads the log as one JSON object',
  { skip, timeout },
  async (t) => {
    const container = makeContainer(t, (config) => (config.process.args = ['foo']));
    refused(t, container, 'exec: "foo": executable file not found in $PATH', '');
  },
);

t.test('what fails only at the execve is said on the stderr of the container', { skip, timeout }, async (t) => {
  for (const [name, content, text] of [
    [
      'a missing interpreter',
      '#!/not/there\n',
      /^exec \/tool: no such file or directory; its interpreter "\/not\/there" is missing: .*\n$/,
    ],
    ['no format', 'just a text', /^exec \/tool: exec format error; it is no program, .*\n$/],
  ] as const) {
    const host = watchHost(t);
    const container = makeContainer(t, (config, folder) => {
      config.process.args = ['/tool'];
      config.process.capabilities = {};
      writeFileSync(join(folder, 'rootfs/tool'), content, { mode: 0o755 });
    });
    const outcome = container.run();
    t.match([outcome.status, outcome.stdout], [255, ''], name);
    t.match(outcome.stderr, text, name);
    host.assertUntouched(container);
  }
});

t.test('an id that is taken', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => (config.process.args = ['/bin/sleep', '1000']));
  must(container.create());
  refused(t, container, 'noci create failed: container with given ID already exists', '');
  t.equal(container.state().status, 'created', 'the one that has it is as it was');
  must(container.start());
  const run = container.run();
  t.match([run.status, run.stderr], [1, 'noci run failed: container with given ID already exists']);
});

t.test('logs', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => delete config.process.args);
  const create = ['create', '--bundle', container.bundle, container.id];
  const log = join(container.bundle, 'log');
  await t.test('text, on stderr', async (t) => {
    const { stderr } = container.call(create);
    t.match(
      stderr,
      /^time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)" level=error msg="noci create failed: [^\n]*"\n$/,
    );
  });
  await t.test('text, in a file: appended, and the bare message on stderr', async (t) => {
    writeFileSync(log, 'what was there\n');
    const { stderr } = container.call(['--log', log, ...create]);
    const lines = readFileSync(log, 'utf8').split('\n');
    t.strictSame([lines[0], lines.length], ['what was there', 3], 'one line more');
    t.match(lines[1], /^time="\S+" level=error msg="noci create failed: /, 'the record');
    t.match(stderr, /^noci create failed: [^\n]*\n$/, 'stderr');
  });
  await t.test('json, on stderr', async (t) => {
    const { stderr } = container.call(['--log-format', 'json', ...create]);
    t.match(oneRecord(t, stderr).msg, /^noci create failed: /);
  });
  await t.test('a format that does not exist', async (t) => {
    const { status, stderr } = container.call(['--log-format', 'xml', ...create]);
    t.match([status, stderr], [1, 'invalid log-format: xml']);
  });
  await t.test('a log that cannot be opened', async (t) => {
    const { status, stderr } = container.call(['--log', '/not/there/log', ...create]);
    t.match([status, stderr], [1, '/not/there/log: no such file or directory']);
  });
  await t.test('a log that is a symlink', async (t) => {
    symlinkSync('target', join(container.bundle, 'link'));
    const { status, stderr } = container.call(['--log', join(container.bundle, 'link'), ...create]);
    t.equal(status, 1, stderr);
    t.match(stderr, 'is a symbolic link, which a log must not be');
    t.notOk(existsSync(join(container.bundle, 'target')), 'nothing is made where it leads');
  });
  await t.test('--debug shows the steps and no stack on an ordinary error', async (t) => {
    const { stderr } = container.call(['--debug', ...create]);
    t.match(stderr, 'level=debug', 'debug records');
    t.notMatch(stderr, /\n\s+at /, 'no stack');
  });
});

t.test('a global option that is wrong', { skip, timeout }, async (t) => {
  const container = makeContainer(t);
  for (const [args, text, status] of [
    [['--root', '/', 'list'], 'Option --root argument should not be set to /', 1],
    [['--root', '', 'list'], 'Option --root argument should not be set to /', 1],
    [['--nosuch', 'list'], 'flag provided but not defined: -nosuch', 1],
    [['create', '--nosuch', 'x'], 'flag provided but not defined: -nosuch', 1],
    [['create', 'x', '--bundle'], 'flag needs an argument: --bundle', 1],
    [['nosuch'], "No help topic for 'nosuch'", 3],
    [['create'], 'requires exactly 1 argument(s)', 1],
    [['kill'], 'requires a minimum of 1 argument(s)', 1],
    [['--rootless', 'maybe', 'list'], 'rootless', 1],
  ] as const) {
    const outcome = container.call(args);
    t.equal(outcome.status, status, args.join(' '));
    t.match(outcome.stderr, text, args.join(' '));
  }
});

t.test('the text of a hostile config does not reach the terminal as it is', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.cwd = 'a\u001b[31m\nb';
    config.process.env = ['SECRET=canary', 'A'];
    config.linux.namespaces.push({ type: '\u001b[2J\u202e' });
  });
  const log = join(container.bundle, 'log');
  for (const options of [[], ['--log', log], ['--log', log, '--log-format', 'json'], ['--log-format', 'json']]) {
    const { status, stderr } = container.call([...options, 'create', '--bundle', container.bundle, container.id]);
    t.equal(status, 1, options.join(' '));
    for (const text of [stderr, options.includes(log) ? readFileSync(log, 'utf8') : '']) {
      t.notMatch(text, 'canary', 'no value of the environment');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      t.notMatch(text, /[\u001b\u202e]/, 'no control character');
      t.ok(text.trimEnd().split('\n').length <= 1, 'one line');
    }
    rmSync(log, { force: true });
  }
});

t.test('other commands say what is wrong in the words of the contract', { skip, timeout }, async (t) => {
  const container = makeContainer(t);
  for (const args of [['state'], ['start'], ['kill'], ['delete']]) {
    const log = join(container.bundle, 'log.json');
    rmSync(log, { force: true });
    const outcome = container.call(['--log', log, '--log-format', 'json', ...args, container.id]);
    t.equal(outcome.status, 1, args.join());
    t.equal(oneRecord(t, readFileSync(log, 'utf8')).msg, 'container does not exist', args.join());
    t.equal(outcome.stderr, 'container does not exist\n', args.join());
  }
  t.strictSame(
    container.delete('--force'),
    { status: 0, signal: null, stdout: '', stderr: '' },
    'delete --force of what does not exist says nothing',
  );
});
