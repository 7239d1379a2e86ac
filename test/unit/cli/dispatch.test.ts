import t from 'tap';
import type { Invocation } from '../../../src/cli/command.ts';
import { type Commands, dispatch } from '../../../src/cli/dispatch.ts';
import { Failure } from '../../../src/native/failure.ts';
import { type FakeOptions, fakeHost, nativeError } from '../../fakes/native.ts';

/** Stands for the help, which is loaded only when it is asked for. */
const cold = {
  help: (program: { name: string }, topic?: string) => `help of ${program.name} ${topic ?? ''}\n`,
  nearestOption: (_topic: string, unknown: string) => (unknown === 'bundel' ? 'Did you mean --bundle?\n' : ''),
  nearestCommand: (unknown: string) => (unknown === 'crate' ? 'Did you mean create?\n' : ''),
  completionScript: (program: string, shell: string) => (shell === 'bash' ? `script of ${program}\n` : undefined),
  completions: (words: readonly string[], shell: string, ids: readonly string[]) =>
    `${shell}: ${words.join(' ')} [${ids}]\n`,
};

/** Calls noci with a command line whose commands do what `act` does. */
function call(line: string, act: (invocation: Invocation) => number = () => 0, options: FakeOptions = {}) {
  const host = fakeHost({ args: line.split(' '), cold, ...options });
  const commands = new Proxy(
    {},
    {
      get: (_target, verb) => (verb === 'version' ? () => 0 : (_: unknown, invocation: Invocation) => act(invocation)),
    },
  );
  const status = dispatch(host.native, commands as Commands);
  return { status, stdout: host.written(1), stderr: host.written(2), log: host.files.get('/log') ?? '', host };
}

const json = '--log /log --log-format json';

t.test('a command gets what it was called with and decides the exit status', async (t) => {
  let seen: Invocation | undefined;
  const result = call(
    '/usr/bin/noci --root /r --systemd-cgroup --rootless true --debug create -b /b ID',
    (invocation) => {
      seen = invocation;
      return 7;
    },
  );
  t.equal(result.status, 7);
  t.equal(result.stdout + result.stderr, '');
  t.match(seen, {
    verb: 'create',
    program: 'noci',
    positionals: ['ID'],
    options: { bundle: '/b', 'preserve-fds': 0 },
    global: { root: '/r', rootGiven: true, rootSticky: false, systemdCgroup: true, rootless: true, debug: true },
  });
  t.equal(seen?.log.debugging, true);
});

t.test('a failure: one record in the log, the text on stderr, the prefix of the command', async (t) => {
  const failed = (line: string, error: unknown) =>
    call(line, () => {
      throw error;
    });
  const create = failed(`noci ${json} create ID`, new Failure('container with given ID already exists'));
  t.equal(create.status, 1);
  t.match(JSON.parse(create.log), {
    level: 'error',
    msg: 'noci create failed: container with given ID already exists',
  });
  t.equal(create.stderr, 'noci create failed: container with given ID already exists\n');
  t.equal(create.stdout, '');
  t.equal(
    failed(`/opt/runc ${json} run ID`, new Failure('x')).stderr,
    'runc run failed: x\n',
    'the name it was called by',
  );
  t.equal(
    failed(`noci ${json} state ID`, new Failure('container does not exist')).stderr,
    'container does not exist\n',
  );
  t.equal(
    failed(`noci ${json} create ID`, new Failure('bad', '/mounts/3')).stderr,
    'noci create failed: bad (config.json: /mounts/3)\n',
  );
  t.equal(
    failed(`noci ${json} start ID`, nativeError('open', '/x', 'ENOENT')).stderr,
    'open /x: no such file or directory\n',
  );
});

t.test('a bug is told without a stack, unless with --debug', async (t) => {
  const bug = () => {
    throw new TypeError('x is undefined');
  };
  const quiet = call(`noci ${json} start ID`, bug);
  t.equal(quiet.status, 1);
  t.equal(quiet.stderr, 'internal error: TypeError: x is undefined\n');
  t.equal(quiet.log.trim().split('\n').length, 1);
  const loud = call(`noci --debug ${json} start ID`, bug);
  const records = loud.log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(records, [
    { level: 'debug', msg: /dispatch\.test/ },
    { level: 'error', msg: 'internal error: TypeError: x is undefined' },
  ]);
  t.equal(loud.stderr, quiet.stderr);
  const word = call(`noci ${json} start ID`, () => {
    throw 'word';
  });
  t.equal(word.stderr, 'internal error: word\n');
});

t.test('wrong options of the program itself', async (t) => {
  t.match(call('noci --root / list'), {
    status: 1,
    stderr: /level=error msg="Option --root argument should not be set to \/"/,
  });
  t.match(call('noci --log-format xml list'), { status: 1, stderr: /msg="invalid log-format: xml"/ });
  t.match(call('noci --rootless perhaps list'), { status: 1, stderr: /invalid value \\"perhaps\\" for --rootless/ });
  t.match(call('noci --log /no/log list', undefined, { openErrors: { '/no/log': 'ENOENT' } }), {
    status: 1,
    stderr: /msg="open \/no\/log: no such file or directory"/,
  });
});

t.test('wrong usage: help and advice on stdout, the error in the log and on stderr', async (t) => {
  const wrong = call(`noci ${json} create --bundel x ID`);
  t.equal(wrong.status, 1);
  t.equal(
    wrong.stdout,
    'Incorrect Usage: flag provided but not defined: -bundel\n\nDid you mean --bundle?\n\n\nhelp of noci create\n',
  );
  t.match(JSON.parse(wrong.log), { level: 'error', msg: 'flag provided but not defined: -bundel' });
  t.equal(wrong.stderr, 'flag provided but not defined: -bundel\n');
  const count = call('noci start');
  t.equal(count.stdout, 'Incorrect Usage.\n\nhelp of noci start\n');
  t.match(count, { status: 1, stderr: /msg="noci: \\"start\\" requires exactly 1 argument\(s\)"/ });
});

t.test('unknown and unavailable commands', async (t) => {
  t.match(call(`noci ${json} crate x`), {
    status: 3,
    stdout: 'Did you mean create?\n',
    stderr: "No help topic for 'crate'\n",
    log: /"level":"error"/,
  });
  t.match(call(`noci ${json} zzz`), { status: 3, stdout: '', stderr: "No help topic for 'zzz'\n" });
  t.match(call(`noci ${json} checkpoint --help`), {
    status: 1,
    stdout: '',
    stderr: 'noci: "checkpoint" is not available in this version\n',
  });
});

t.test('an error is told even when the help is not there', async (t) => {
  const functions = {
    cold: () => {
      throw nativeError('open', '/cold/usage', 'ENOENT');
    },
  };
  t.match(call('noci start', undefined, { functions }), { status: 1, stdout: '', stderr: /requires exactly 1/ });
  t.match(call('noci --help', undefined, { functions }), {
    status: 1,
    stderr: /open \/cold\/usage: no such file or directory/,
  });
});

t.test('help, version and completion succeed', async (t) => {
  t.match(call('noci'), { status: 0, stdout: 'help of noci \n', stderr: '' });
  t.match(call('/bin/noci kill --help'), { status: 0, stdout: 'help of noci kill\n' });
  t.match(call('noci --version'), { status: 0, stderr: '' });
  t.match(call('/bin/noci completion bash'), { status: 0, stdout: 'script of /bin/noci\n' });
  t.match(call('noci completion tcsh'), { status: 1, stdout: '', stderr: /no completion for shell \\"tcsh\\"/ });
});

t.test('completion knows the containers of the root that was named', async (t) => {
  const suggest = (openErrors: FakeOptions['openErrors'] = {}) => {
    const readdir = () => [
      { name: 'c1', type: 4 },
      { name: 'lock', type: 8 },
      { name: 'c2', type: 4 },
    ];
    const line = 'noci --get-yargs-completions noci --root /r start c';
    return call(line, undefined, { env: { SHELL: 'zsh' }, functions: { readdir }, openErrors });
  };
  const found = suggest();
  t.match(found, { status: 0, stdout: 'zsh: noci --root /r start c [c1,c2]\n', stderr: '' });
  t.same(found.host.calls, ['open /r 0x80000 00']);
  t.match(suggest({ '/r': 'EACCES' }), { status: 0, stdout: 'zsh: noci --root /r start c []\n', stderr: '' });
});

t.test('the help is not loaded for a command that works or fails', async (t) => {
  let loaded = 0;
  const functions = {
    cold: () => {
      loaded += 1;
      return cold;
    },
  };
  call('noci start ID', () => 0, { functions });
  call(
    'noci start ID',
    () => {
      throw new Failure('x');
    },
    { functions },
  );
  t.equal(loaded, 0);
});
