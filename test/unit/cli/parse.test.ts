import t from 'tap';
import { commands, grammarOf, type Verb } from '../../../src/cli/options.ts';
import { parse, type Request } from '../../../src/cli/parse.ts';

const read = (line: string): Request => parse(['noci', ...line.split(' ').filter((word) => word !== '')]);

t.test('what containerd, conmon and podman pass', async (t) => {
  const prefix = '--root /run/containerd/runc/k8s.io --log /b/log.json --log-format json --systemd-cgroup';
  const create = read(
    `${prefix} create --bundle /b --pid-file /b/init.pid --console-socket /s --no-pivot --no-new-keyring ID`,
  );
  t.match(create, {
    kind: 'command',
    verb: 'create',
    positionals: ['ID'],
    options: {
      bundle: '/b',
      'pid-file': '/b/init.pid',
      'console-socket': '/s',
      'no-pivot': true,
      'no-new-keyring': true,
    },
    global: {
      root: '/run/containerd/runc/k8s.io',
      log: '/b/log.json',
      'log-format': 'json',
      'systemd-cgroup': true,
      debug: false,
    },
  });
  t.match(read(`${prefix} kill --all ID 9`), { verb: 'kill', options: { all: true }, positionals: ['ID', '9'] });
  t.match(read('delete --force ID'), { verb: 'delete', options: { force: true }, positionals: ['ID'] });
  t.match(read('kill ID -9'), { verb: 'kill', positionals: ['ID', '-9'] });
  t.match(read('run -no-subreaper -d ID'), { verb: 'run', options: { 'no-subreaper': true, detach: true } });
  t.match(read('create ID --bundle /b'), { verb: 'create', options: { bundle: '/b' }, positionals: ['ID'] });
  t.match(read('list --format=json'), { verb: 'list', options: { format: 'json', quiet: false }, positionals: [] });
});

t.test('global options may follow the name of the command', async (t) => {
  t.match(read('state --root /r ID --debug'), {
    verb: 'state',
    global: { root: '/r', debug: true },
    positionals: ['ID'],
  });
  t.match(read('--rootless=true spec --rootless'), {
    verb: 'spec',
    options: { rootless: true },
    global: { rootless: 'true' },
  });
  t.match(read('--criu /bin/criu start ID'), { kind: 'command', verb: 'start' });
  t.equal(read('start ID').global.root, undefined);
});

t.test('the words that are no options, exactly', async (t) => {
  const words = (line: string) => {
    const request = read(line);
    return request.kind === 'command' ? request.positionals : request.kind;
  };
  t.same(words('create --bundle /b ID'), ['ID']);
  t.same(words('create ID --bundle /b'), ['ID']);
  t.same(words('kill --all ID -9'), ['ID', '-9']);
  t.same(words('kill ID --all'), ['ID', '--all'], 'after the id everything is a word');
  t.same(words('start -- -id'), ['-id']);
  t.same(words('list -q'), []);
});

t.test('help and version', async (t) => {
  for (const line of [
    '',
    'help',
    'h',
    '-h',
    '--help',
    '--debug',
    'help help',
    '--version --help',
    'completion --help',
  ]) {
    t.match(read(line), { kind: 'help', topic: undefined }, line);
  }
  for (const line of [
    'help create',
    'h create',
    'create --help',
    'create -h ID',
    'create ID extra -h',
    '--root /r create --help',
  ]) {
    t.match(read(line), { kind: 'help', topic: 'create' }, line);
  }
  for (const line of ['--version', '-v', '-version', '--root /r -v list'])
    t.match(read(line), { kind: 'version' }, line);
  t.match(read('start ID -v'), { kind: 'misuse' }, '-v belongs to the program');
});

t.test('unknown words and options', async (t) => {
  for (const word of ['foo', 'constructor', '', 'Create']) {
    t.match(parse(['noci', word]), { kind: 'unknown', word });
    t.match(parse(['noci', 'help', word]), { kind: 'unknown', word });
  }
  t.match(read('--log /l create --bundel /b ID'), {
    kind: 'misuse',
    topic: 'create',
    heading: 'Incorrect Usage: flag provided but not defined: -bundel',
    problem: 'flag provided but not defined: -bundel',
    unknown: 'bundel',
    global: { log: '/l' },
  });
  t.match(read('--log /l --rot x create'), { kind: 'misuse', topic: undefined, unknown: 'rot', global: { log: '/l' } });
  t.match(read('--root'), { kind: 'misuse', topic: undefined, problem: 'flag needs an argument: --root' });
});

t.test('the number of arguments', async (t) => {
  const problem = (line: string) => {
    const request = read(line);
    return request.kind === 'misuse' && request.heading === 'Incorrect Usage.' ? request.problem : request.kind;
  };
  t.equal(problem('create'), 'noci: "create" requires exactly 1 argument(s)');
  t.equal(problem('create a b'), 'noci: "create" requires exactly 1 argument(s)');
  t.equal(problem('list a'), 'noci: "list" requires exactly 0 argument(s)');
  t.equal(problem('kill'), 'noci: "kill" requires a minimum of 1 argument(s)');
  t.equal(problem('kill a b c'), 'noci: "kill" requires a maximum of 2 argument(s)');
  t.equal(problem('kill a'), 'command');
  t.match(parse(['/usr/bin/noci', 'start']), { problem: '/usr/bin/noci: "start" requires exactly 1 argument(s)' });
  t.match(parse(['noci', 'start', '']), { kind: 'command', positionals: [''] }, 'an empty id is an argument');
});

t.test('commands that this version does not have are refused however they are called', async (t) => {
  for (const verb of (Object.keys(commands) as Verb[]).filter((name) => grammarOf(name).available === false)) {
    for (const line of [`${verb} --help`, `${verb}`, `help ${verb}`, `${verb} --lsm-mount-context`, `${verb} ID`]) {
      t.match(read(line), { kind: 'unavailable', verb }, line);
    }
  }
});

t.test('completion', async (t) => {
  t.match(read('completion bash'), { kind: 'completion', shell: 'bash' });
  t.match(read('completion'), { kind: 'completion', shell: '' });
  t.match(read('--get-yargs-completions noci create --'), { kind: 'suggest', words: ['noci', 'create', '--'] });
});

t.test('names and short names are unambiguous', async (t) => {
  for (const verb of Object.keys(commands) as Verb[]) {
    const { options } = grammarOf(verb);
    const shorts = Object.values(options).flatMap((option) => option.short ?? []);
    t.equal(new Set(shorts).size, shorts.length, verb);
    t.notOk(shorts.includes('h') || 'help' in options, verb);
    for (const name of [...Object.keys(options), ...shorts]) t.match(name, /^[a-z][a-z0-9-]*$/);
  }
});
