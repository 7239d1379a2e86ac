// Labels of security modules: what a process is confined by, and that a container never runs without the label it asks for.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { type Container, makeContainer, must } from './container.ts';

const enabled = '/sys/module/apparmor/parameters/enabled';
const hasApparmor = existsSync(enabled) && readFileSync(enabled, 'utf8').startsWith('Y');
const hasSelinux = existsSync('/sys/fs/selinux/enforce');
const timeout = 600_000;
const skip = missing();

/** Why nothing about AppArmor can run here, or false. */
function withoutApparmor(): string | false {
  if (skip !== false) return skip;
  if (!hasApparmor) return 'this kernel has no AppArmor';
  return existsSync('/sbin/apparmor_parser') || existsSync('/usr/sbin/apparmor_parser')
    ? false
    : 'Debian package apparmor is missing';
}

/** A profile that lets everything but writing below /denied, loaded until the test ends. */
function loadProfile(t: Test): string {
  const name = `noci-test-${process.pid}-${t.name.replace(/\W/g, '')}`;
  const text = `profile ${name} flags=(attach_disconnected,mediate_deleted) {
    file, capability, network, mount, umount, pivot_root, ptrace, signal, unix, dbus,
    change_profile,
    deny /denied/** wl,
  }\n`;
  execFileSync('apparmor_parser', ['--replace', '--skip-cache'], { input: text });
  t.teardown(() => execFileSync('apparmor_parser', ['--remove'], { input: text }));
  return name;
}

function container(
  t: Test,
  apparmorProfile: string,
  change: (config: Draft, folder: string) => void = () => {},
  runtime = noci,
): Container {
  const draft = (config: Draft, folder: string): void => {
    mkdirSync(join(folder, 'rootfs/denied'), { mode: 0o777 });
    chmodSync(join(folder, 'rootfs/denied'), 0o777);
    config.root.readonly = false;
    config.process.apparmorProfile = apparmorProfile;
    config.process.args = ['sleep', '100'];
    change(config, folder);
  };
  return makeContainer(t, draft, runtime);
}

const see = [
  'sh',
  '-c',
  'cat /proc/self/attr/apparmor/current; touch /denied/x 2>/dev/null && echo written || echo denied',
];

t.test('the process and those of exec are in the profile', { skip: withoutApparmor(), timeout }, async (t) => {
  const profile = loadProfile(t);
  for (const noNewPrivileges of [false, true]) {
    const made = container(t, profile, (config) => {
      config.process.args = see;
      config.process.noNewPrivileges = noNewPrivileges;
    });
    t.equal(must(made.run()).stdout, `${profile} (enforce)\ndenied\n`, `noNewPrivileges ${noNewPrivileges}`);
    const running = container(t, profile, (config) => {
      config.process.noNewPrivileges = noNewPrivileges;
    });
    must(running.create());
    const { pid } = running.state();
    const label = () => readFileSync(`/proc/${pid}/attr/apparmor/current`, 'utf8');
    t.equal(label(), 'unconfined\n', 'init itself is not: it is about the execve');
    must(running.start());
    await new Promise((resolve) => setTimeout(resolve, 200));
    t.equal(label(), `${profile} (enforce)\n`);
    t.equal(
      must(running.call(['exec', running.id, ...see])).stdout,
      `${profile} (enforce)\ndenied\n`,
      'exec inherits it',
    );
    const file = join(running.bundle, 'process.json');
    writeFileSync(file, JSON.stringify({ cwd: '/', args: see, env: ['PATH=/bin'], user: { uid: 0, gid: 0 } }));
    const filed = must(running.call(['exec', '--process', file, running.id]));
    t.equal(filed.stdout, `${profile} (enforce)\ndenied\n`, 'and so does a process that says nothing of it');
    t.match(
      must(running.call(['exec', '--apparmor', 'unconfined', running.id, ...see])).stdout,
      'unconfined\nwritten\n',
    );
    must(running.kill());
  }
});

t.test('as under runc', { skip: withoutApparmor(), timeout }, async (t) => {
  const profile = loadProfile(t);
  const [ours, theirs] = [noci, runc].map((runtime) => {
    const made = container(t, profile, () => {}, runtime);
    must(made.create());
    must(made.start());
    const seen = [[], ['--apparmor', 'unconfined'], ['--no-new-privs']].map(
      (options) => must(made.call(['exec', ...options, made.id, ...see])).stdout,
    );
    must(made.kill());
    return seen;
  });
  t.strictSame(ours, theirs);
});

t.test('exec may have another profile', { skip: withoutApparmor(), timeout }, async (t) => {
  const profile = loadProfile(t);
  const made = container(t, '');
  must(made.create());
  must(made.start());
  t.equal(must(made.call(['exec', '--apparmor', profile, made.id, ...see])).stdout, `${profile} (enforce)\ndenied\n`);
  t.match(must(made.call(['exec', made.id, ...see])).stdout, /^unconfined\n/);
  must(made.kill());
});

t.test('with a user namespace', { skip: withoutApparmor(), timeout }, async (t) => {
  const profile = loadProfile(t);
  const made = container(t, profile, (config, folder) => {
    chmodSync(folder, 0o755);
    config.linux.namespaces.push({ type: 'user' });
    config.linux.uidMappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
    config.linux.gidMappings = config.linux.uidMappings;
  });
  must(made.create());
  must(made.start());
  t.equal(must(made.call(['exec', made.id, ...see])).stdout, `${profile} (enforce)\ndenied\n`);
  must(made.kill());
});

t.test(
  'hooks of init are not in the profile, startContainer hooks are',
  { skip: withoutApparmor(), timeout },
  async (t) => {
    const profile = loadProfile(t);
    const hook = (path: string, kind: string) => ({
      path,
      args: ['sh', '-c', `cat /proc/self/attr/apparmor/current > $OUT/${kind}`],
    });
    const made = container(t, profile, (config, folder) => {
      config.process.args = ['true'];
      config.hooks = {
        createContainer: [{ ...hook('/bin/sh', 'createContainer'), env: ['PATH=/bin', `OUT=${folder}`] }],
        startContainer: [{ ...hook('/bin/sh', 'startContainer'), env: ['PATH=/bin', 'OUT=/tmp'] }],
      };
    });
    must(made.run());
    t.equal(readFileSync(join(made.bundle, 'createContainer'), 'utf8'), 'unconfined\n');
    t.equal(readFileSync(join(made.bundle, 'rootfs/tmp/startContainer'), 'utf8'), `${profile} (enforce)\n`);
  },
);

t.test('a /proc of the container’s making changes nothing', { skip: withoutApparmor(), timeout }, async (t) => {
  const profile = loadProfile(t);
  const made = container(t, profile, (config, folder) => {
    const fake = join(folder, 'rootfs/fake');
    for (const place of ['self/attr/apparmor', 'thread-self/attr/apparmor', '1/attr/apparmor'])
      mkdirSync(join(fake, place), { recursive: true });
    symlinkSync('/etc/passwd', join(fake, 'thread-self/attr/apparmor/exec'));
    config.process.args = ['sh', '-c', 'mount --bind /fake /proc && sleep 100'];
    const sets = ['bounding', 'effective', 'permitted'];
    for (const set of sets) config.process.capabilities[set].push('CAP_SYS_ADMIN');
    config.linux.maskedPaths = ['/proc/thread-self/attr'];
  });
  must(made.create());
  must(made.start());
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const pid = must(made.call(['exec', '--detach', '--pid-file', join(made.bundle, 'pid'), made.id, 'sleep', '50']));
  t.equal(pid.status, 0);
  const label = readFileSync(`/proc/${readFileSync(join(made.bundle, 'pid'), 'utf8')}/attr/apparmor/current`, 'utf8');
  t.equal(label, `${profile} (enforce)\n`);
  t.match(
    readFileSync(join(made.bundle, 'rootfs/etc/passwd'), 'utf8'),
    /^root:/,
    'nothing was written to where a link led',
  );
  must(made.kill());
});

t.test('a profile that is not loaded is an error', { skip: withoutApparmor(), timeout }, async (t) => {
  const made = container(t, 'noci-not-loaded');
  t.match(made.create(), {
    status: 1,
    stderr:
      /apparmor failed to apply profile: write to `\/proc\/thread-self\/attr\/apparmor\/exec`: no profile .*noci-not-loaded.* is loaded \(ENOENT\).*\/process\/apparmorProfile/,
  });
  t.strictSame(readdirSync(made.root), []);
  const running = container(t, '');
  must(running.create());
  must(running.start());
  const refused = running.call(['exec', '--apparmor', 'noci-not-loaded', running.id, 'true']);
  t.match(refused, { status: 255, stderr: /no profile .*noci-not-loaded.* is loaded/ });
  must(running.kill());
});

t.test(
  'without AppArmor a profile is refused before anything is made, and "unconfined" is true',
  { skip: skip || (hasApparmor && 'this kernel has AppArmor'), timeout },
  async (t) => {
    const made = container(t, 'x');
    t.match(made.create(), {
      status: 1,
      stderr: /apparmor: config provided but apparmor not supported.*\/process\/apparmorProfile/,
    });
    t.strictSame(readdirSync(made.root), []);
    const unconfined = container(t, 'unconfined');
    must(unconfined.create());
    must(unconfined.start());
    t.match(unconfined.call(['exec', '--apparmor', 'x', unconfined.id, 'true']), {
      status: 255,
      stderr: /apparmor not supported/,
    });
    must(unconfined.kill());
  },
);

t.test(
  'without SELinux a label is refused before anything is made',
  { skip: skip || (hasSelinux && 'this kernel has SELinux'), timeout },
  async (t) => {
    const label = 'system_u:system_r:container_t:s0:c1,c2';
    for (const [change, place] of [
      [
        (config: Draft) => {
          config.process.selinuxLabel = label;
        },
        /\/process\/selinuxLabel/,
      ],
      [
        (config: Draft) => {
          config.linux.mountLabel = label;
        },
        /\/linux\/mountLabel/,
      ],
    ] as const) {
      const made = container(t, '', change);
      const { status, stderr } = made.create();
      t.equal(status, 1);
      t.match(stderr, /selinux label is specified in config, but selinux is disabled or not supported/);
      t.match(stderr, place);
      t.strictSame(readdirSync(made.root), []);
    }
    const running = container(t, '');
    must(running.create());
    must(running.start());
    t.match(running.call(['exec', '--process-label', label, running.id, 'true']), {
      status: 255,
      stderr: /selinux is disabled/,
    });
    must(running.kill());
  },
);
