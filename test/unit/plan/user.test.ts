import t from 'tap';
import { steps } from '../../fakes/plan.ts';

const CHOWN = 1n;
const KILL = 1n << 5n;
const RESTORE = 1n << 40n;

const root = {
  step: 'credentials',
  uid: 0,
  gid: 0,
  groups: [],
  setgroups: 1,
  cwd: '/',
  setCapabilities: 0,
  bounding: 0n,
  effective: 0n,
  permitted: 0n,
  inheritable: 0n,
  ambient: 0n,
  pointer: '/process/user',
};

t.test('without user and capabilities: root with no further groups, sets untouched', async (t) => {
  t.strictSame(steps('credentials'), [root]);
});

t.test('user', async (t) => {
  const user = { uid: 4294967294, gid: 2, additionalGids: [3, 2] };
  t.strictSame(steps('credentials', { process: { user, cwd: '/home' } }), [
    { ...root, uid: 4294967294, gid: 2, groups: [3, 2], cwd: '/home' },
  ]);
  const itself = [{ containerID: 0, hostID: 1000, size: 1 }];
  const user1 = { namespaces: [{ type: 'user' as const }], uidMappings: itself, gidMappings: itself };
  const nobody = { euid: 1000, egid: 1000 };
  t.match(steps('credentials', { facts: nobody, linux: user1 }), [{ setgroups: 0 }], 'a runtime without privileges');
  t.match(
    steps('credentials', { facts: { setgroups: false } }),
    [{ setgroups: 0 }],
    'in a user namespace of such a one',
  );
});

t.test('capabilities', async (t) => {
  const capabilities = {
    bounding: ['CAP_CHOWN', 'CAP_KILL', 'CAP_CHECKPOINT_RESTORE'],
    effective: ['CAP_CHOWN'],
    permitted: ['CAP_KILL', 'CAP_KILL'],
    inheritable: ['CAP_CHECKPOINT_RESTORE'],
    ambient: ['CAP_KILL', 'CAP_NOTHING'],
  };
  const masks = {
    bounding: CHOWN | KILL | RESTORE,
    effective: CHOWN,
    permitted: KILL,
    inheritable: RESTORE,
    ambient: KILL,
  };
  t.strictSame(steps('credentials', { process: { capabilities } }), [{ ...root, setCapabilities: 1, ...masks }]);
  t.match(
    steps('credentials', { process: { capabilities }, facts: { boundingSet: CHOWN } }),
    [{ bounding: CHOWN, effective: CHOWN, permitted: 0n, inheritable: 0n, ambient: 0n }],
    'none that the runtime does not have',
  );
  t.strictSame(
    steps('credentials', { process: { capabilities: {} } }),
    [{ ...root, setCapabilities: 1 }],
    'all sets empty',
  );
});

t.test('umask', async (t) => {
  t.strictSame(steps('umask'), [{ step: 'umask', mask: 0o022, pointer: '' }]);
  const umask = { step: 'umask', mask: 0o077, pointer: '/process/user/umask' };
  t.strictSame(steps('umask', { process: { user: { uid: 0, gid: 0, umask: 0o077 } } }), [umask]);
  t.match(steps('umask', { process: { user: { uid: 0, gid: 0, umask: 0 } } }), [{ mask: 0 }]);
  const linux = { namespaces: [] };
  t.strictSame(steps('umask', { linux }), [], 'without a mount namespace the runtime’s is kept');
  t.strictSame(steps('umask', { linux, process: { user: { uid: 0, gid: 0, umask: 0o077 } } }), [umask]);
});
