// That nobody can tell which host runs noci: what its caller gave reaches what it starts, whatever the engine makes of it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, makeBundle, missing, noci } from './bundle.ts';
import { type Container, makeContainer, must } from './container.ts';
import { bare, call, differences, normalise, type Outcome, type Report } from './report.ts';

const skip = missing();
const timeout = 300_000;

const shell = (text: string) => (config: Draft) => {
  config.process.args = ['/bin/sh', '-c', text];
  config.process.rlimits = [];
  // runc spec's are more than the permitted ones, and noci says so
  delete config.process.capabilities.ambient;
};

/** Runs a shell that becomes noci; in `script` $NOCI stands for the program and its first words, $RUN for those of run, $ID for the id. */
function runIn(
  { root, bundle, id }: Container,
  script: string,
  env: Record<string, string> = {},
  runtime = noci,
): Outcome {
  const text = script
    .replaceAll('$RUN', `$NOCI run --bundle '${bundle}'`)
    .replaceAll('$NOCI', `'${runtime}' --root '${root}'`)
    .replaceAll('$ID', id);
  return spawnSync('/usr/bin/env', [...bare(env), '/bin/sh', '-c', text], { encoding: 'utf8', timeout: 60_000 });
}

function prints(t: Test, { status, stdout, stderr }: Outcome, expected: string): void {
  t.strictSame([status, stdout, stderr], [0, expected, ''], 'what the container prints');
}

t.test("the caller's limits of open files and of the stack", { skip, timeout }, async (t) => {
  const container = makeContainer(t, shell('ulimit -Sn; ulimit -Hn; ulimit -Ss'));
  prints(t, runIn(container, 'ulimit -Sn 64; ulimit -Hn 512; exec $RUN $ID'), '64\n512\n8192\n');
  prints(t, runIn(container, 'ulimit -n 300; ulimit -Ss 128; exec $RUN $ID'), '300\n300\n128\n');
});

t.test('a limit of open files in config.json', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    shell('ulimit -Sn; ulimit -Hn')(config);
    config.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 77, hard: 99 }];
  });
  prints(t, runIn(container, 'ulimit -Sn 64; exec $RUN $ID'), '77\n99\n');
});

t.test('variables that change how a program starts', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config, folder) => {
    shell('env')(config);
    config.process.env = ['PATH=/bin', 'HOME=/'];
    const print = `env >${folder}/hook; ulimit -Sn >${folder}/limit`;
    config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', print] }] };
  });
  const marker = join(container.bundle, 'marker');
  const script = join(container.bundle, 'script.cjs');
  writeFileSync(script, `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`);
  const env = {
    NODE_OPTIONS: `--require=${script}`,
    LD_PRELOAD: '/no/such/library',
    NODE_V8_COVERAGE: join(container.bundle, 'coverage'),
    NODE_DEBUG: 'module',
    NODE_CHANNEL_FD: '1',
    NOCI_LAUNCHED: '1 2 3-4,',
    EMPTY: '',
    ODD: 'a=b\nc',
  };
  const outcome = container.call(['run', '--bundle', container.bundle, container.id], env);
  t.strictSame([outcome.status, outcome.stderr], [0, ''], 'no loader reads them');
  t.notMatch(outcome.stdout, /NODE|LD_|NOCI|ODD/, 'the container gets none of them');
  t.notOk(existsSync(marker), 'NODE_OPTIONS is nothing');
  t.notOk(existsSync(env.NODE_V8_COVERAGE), 'nor is another variable of the kind');
  const hook = `\n${readFileSync(join(container.bundle, 'hook'), 'utf8')}`;
  for (const [name, value] of Object.entries(env)) t.ok(hook.includes(`\n${name}=${value}\n`), `a hook gets ${name}`);
  must(runIn(container, 'ulimit -Sn 64; exec $RUN $ID'));
  t.equal(readFileSync(join(container.bundle, 'limit'), 'utf8'), '64\n', 'and the limit');
});

t.test('both ends of one pipe, and other fds that an engine has', { skip, timeout }, async (t) => {
  const container = makeContainer(t, shell('echo through >&4; head -n 1 <&3; ls /proc/self/fd | wc -l'));
  // /proc/self/fd/3 is a pipe, and opened again it is the other end
  const both = 'exec 3<&0 4>/proc/self/fd/0 </dev/null; exec $RUN --preserve-fds 2 $ID';
  prints(t, runIn(container, `sleep 0 | { ${both}; }`), 'through\n6\n');
  const inherited =
    'import os, sys; fd = os.eventfd(0, 0); os.set_inheritable(fd, True); os.execv("/bin/sh", ["sh", "-c", sys.argv[1]])';
  const { root, bundle, id } = makeContainer(t, shell('readlink /proc/self/fd/3'));
  const words = `exec '${noci}' --root '${root}' run --bundle '${bundle}' --preserve-fds 1 '${id}'`;
  const python = ['-i', '/usr/bin/python3', '-c', inherited, words];
  const result = spawnSync('/usr/bin/env', python, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  prints(t, result, 'anon_inode:[eventfd]\n');
});

/** Commands that make no container, and what they answer is all that they do. */
const commands: readonly (readonly string[])[] = [
  ['--version'],
  ['--help'],
  ['help'],
  ['create', '--help'],
  ['exec', '--help'],
  ['features'],
  ['list'],
  ['list', '--format', 'json'],
  [],
  ['nonsense'],
  ['--nonsense'],
  ['run', '--bundle', '/no/such/bundle', 'x'],
  ['state', 'absent'],
  ['--log-format', 'json', 'kill', 'absent', 'TERM'],
  ['kill', 'absent', 'NONSENSE'],
  ['delete', '--force', 'absent'],
  ['exec', 'absent'],
];

const dist = new URL('../../dist/', import.meta.url).pathname;
const hosts = [join(dist, 'noci'), join(dist, 'noci-node')] as const;
const unbuilt = hosts.find((path) => !existsSync(path));
const comparable = { skip: skip || (unbuilt !== undefined && `${unbuilt} is not built`), timeout };

t.test('both hosts answer the same', comparable, async (t) => {
  const empty = makeBundle(t);
  for (const args of commands) {
    const [ours, theirs] = hosts.map((path) => unnamed(call(path, join(empty, 'root'), args)));
    t.strictSame(ours, theirs, args.join(' '));
  }
  const broken = makeBundle(t, (config) => {
    config.process.cwd = 'relative';
    config.mounts[0].options = ['nonsense'];
    config.linux.resources.memory = { limit: 2 ** 60 };
  });
  for (const format of ['text', 'json']) {
    const args = ['--log-format', format, 'run', '--bundle', broken, 'x'];
    const [ours, theirs] = hosts.map((path) => unnamed(call(path, join(empty, 'root'), args)));
    t.strictSame(ours, theirs, `a config.json with problems, ${format}`);
  }
});

/** Without the name that it was called by, and without times. */
function unnamed(outcome: Outcome): Outcome {
  const text = (words: string): string =>
    words.replaceAll('noci-node', 'noci').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, 'TIME');
  return { ...outcome, stdout: text(outcome.stdout), stderr: text(outcome.stderr) };
}

/** What a caller does to itself before it becomes noci. */
const callers: readonly (readonly [what: string, script: string])[] = [
  ['an ordinary one', ''],
  ['limits', 'ulimit -Sn 100; ulimit -Sc 0; ulimit -Ss 1024; ulimit -Su 9999'],
  ['ignored signals', "trap '' HUP INT QUIT PIPE USR1 USR2 TERM CHLD TSTP TTIN TTOU"],
  ['a umask', 'umask 0123'],
  ['a niceness', 'renice -n 3 -p $$ >/dev/null'],
  ['fds', 'exec 3</dev/zero 7</dev/full 9<&0'],
  ['closed stdin', 'exec <&-'],
  ['no stdin and stderr', 'exec <&- 2>&-'],
  [
    'variables',
    'export NODE_OPTIONS=--title=x UV_THREADPOOL_SIZE=1 GLIBC_TUNABLES=x LD_LIBRARY_PATH=/ MALLOC_ARENA_MAX=1',
  ],
];

/** Blocked signals outlive an execve(2), and a shell has no word for them. */
const blocking = 'env --block-signal=HUP,INT,TERM,USR1,USR2,CHLD,WINCH';

function reportOf(t: Test, outcome: Outcome, { id, bundle }: Container): Report {
  t.equal(outcome.status, 0, outcome.stderr);
  return normalise(JSON.parse(outcome.stdout.replaceAll(id, 'ID').replaceAll(bundle, 'BUNDLE')));
}

/** What the probe reports as the first process of a container, then as one of exec. */
function reports(t: Test, runtime: string, script: string): Report[] {
  const change = (config: Draft): void => {
    config.process.rlimits = [];
    delete config.process.capabilities.ambient;
  };
  const first = makeContainer(t, change, runtime);
  const second = makeContainer(
    t,
    (config) => {
      change(config);
      config.process.args = ['/bin/sleep', '1000'];
    },
    runtime,
  );
  must(second.run('-d'));
  const start = `cd / && ${script === '' ? ':' : script}; exec ${blocking}`;
  return [
    reportOf(t, runIn(first, `${start} $RUN $ID`, {}, runtime), first),
    reportOf(t, runIn(second, `${start} $NOCI exec $ID /probe`, {}, runtime), second),
  ];
}

t.test('the probe reports the same on both hosts', comparable, async (t) => {
  for (const [what, script] of callers) {
    const [standalone, inNode] = hosts.map((runtime) => reports(t, runtime, script));
    for (const [index, command] of ['run', 'exec'].entries()) {
      const lines = differences(standalone?.[index] as Report, inNode?.[index] as Report);
      t.strictSame(
        lines.filter((line) => !/sessionKeyring/.test(line)),
        [],
        `${what}: ${command}`,
      );
    }
  }
});
