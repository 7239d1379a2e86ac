// process.selinuxLabel, linux.mountLabel and exec --process-label with a kernel that has SELinux: for the policy of test/vm/selinux,
// which `npm run test:vm -- selinux` boots a guest with.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { type Container, makeContainer, must } from './container.ts';

const enforce = '/sys/fs/selinux/enforce';
const labelOf = (process: string | number) => readFileSync(`/proc/${process}/attr/current`, 'utf8').replace('\0', '');
const skip =
  missing() ||
  (!(existsSync(enforce) && labelOf('self') === 'u:r:kernel_t:s0') &&
    'this kernel has not SELinux with the policy of test/vm');
const timeout = 600_000;

const label = 'u:r:container_t:s0:c1,c2';
const mountLabel = 'u:object_r:container_file_t:s0:c0,c2';

function labelled(t: Test, change: (config: Draft) => void = () => {}, runtime = noci): Container {
  const draft = (config: Draft): void => {
    config.process.selinuxLabel = label;
    config.linux.mountLabel = mountLabel;
    // what covers a directory has no label of its own: docs/security.md § Known limits
    config.linux.maskedPaths = [];
    config.process.args = ['sleep', '100'];
    change(config);
  };
  return makeContainer(t, draft, runtime);
}

/** What a process sees of itself, and the contexts of the mounts. */
const see = [
  'sh',
  '-c',
  'tr "\\000" "\\n" < /proc/self/attr/current; cat /proc/self/attr/exec /proc/self/attr/keycreate',
];
const mounts = [
  'sh',
  '-c',
  `sed -n 's/.* - \\([a-z0-9]*\\) .*context="\\([^"]*\\)".*/\\1 \\2/p' /proc/self/mountinfo | sort`,
];

t.test('the process, those of exec and the mounts have their labels, as under runc', { skip, timeout }, async (t) => {
  for (const noNewPrivileges of [false, true]) {
    const [ours, theirs] = [noci, runc].map((runtime) => {
      const made = labelled(t, (config) => (config.process.noNewPrivileges = noNewPrivileges), runtime);
      must(made.create());
      must(made.start());
      const calls = [see, mounts].map((words) => must(made.call(['exec', made.id, ...words])).stdout);
      const other = ['exec', '--process-label', 'u:r:other_t:s0:c2', made.id, ...see];
      const seen = { init: labelOf(made.state().pid), calls, other: must(made.call(other)).stdout };
      must(made.kill());
      return seen;
    });
    t.strictSame(ours, theirs);
    t.equal(ours?.init, label);
    t.equal(ours?.calls[0]?.trim(), label, 'and nothing is left for what the process makes');
    t.match(ours?.calls[1], `tmpfs ${mountLabel}\n`);
    t.equal(ours?.other.trim(), 'u:r:other_t:s0:c2');
  }
});

t.test('a context that the policy does not have is refused', { skip, timeout }, async (t) => {
  const wrong: readonly [change: (config: Draft) => void, pointer: RegExp][] = [
    [
      (config) => (config.process.selinuxLabel = 'u:r:nothing_t:s0'),
      /no context \\"u:r:nothing_t:s0\\" .*selinuxLabel/,
    ],
    [(config) => (config.linux.mountLabel = 'u:object_r:nothing_t:s0'), /\/mounts\/\d/],
  ];
  for (const [change, text] of wrong) {
    const { status, stderr } = labelled(t, change).run();
    t.equal(status, 1);
    t.match(stderr, text);
  }
});

t.test('enforcing, nothing runs in a context that is forbidden', { skip, timeout }, async (t) => {
  writeFileSync(enforce, '1');
  t.teardown(() => writeFileSync(enforce, '0'));
  t.equal(must(labelled(t, (config) => (config.process.args = see)).run()).stdout.trim(), label);
  const { status, stdout } = labelled(t, (config) => {
    config.process.selinuxLabel = 'u:r:forbidden_t:s0';
    config.process.args = see;
  }).run();
  t.not(status, 0);
  t.equal(stdout, '');
});
