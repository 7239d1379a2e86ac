import t from 'tap';
import { decodeMountOptions } from '../../../src/plan/mount-options.ts';
import { order, steps } from '../../fakes/plan.ts';

const label = 'system_u:system_r:container_t:s0:c1,c2';

t.test('a profile of AppArmor is for the next execve', async (t) => {
  t.match(steps('security_attribute', { process: { apparmorProfile: 'p' } }), [
    {
      module: 104,
      attribute: 101,
      value: 'exec p',
      files: ['apparmor/exec', 'exec'],
      pointer: '/process/apparmorProfile',
    },
  ]);
  t.strictSame(steps('security_attribute', { process: { apparmorProfile: '' } }), []);
  t.strictSame(steps('security_attribute', { process: { apparmorProfile: 'unconfined' } }), []);
  const unconfined = { process: { apparmorProfile: 'unconfined' }, facts: { apparmor: true } };
  t.match(steps('security_attribute', unconfined), [{ value: 'exec unconfined' }]);
});

t.test('a label of SELinux is for the keyring and the next execve', async (t) => {
  const changes = { process: { selinuxLabel: label } };
  t.match(steps('security_attribute', changes), [
    { module: 101, attribute: 103, value: label, files: ['keycreate'] },
    { module: 101, attribute: 101, value: label, files: ['exec'] },
  ]);
  const names = order(changes);
  t.equal(names.indexOf('security_attribute'), names.indexOf('session_keyring') - 1);
  t.ok(names.lastIndexOf('security_attribute') > names.indexOf('pivot_root'), 'after the hooks that init executes');
  t.equal(steps('security_attribute', { ...changes, options: { noNewKeyring: true } }).length, 1);
});

t.test('a mount label goes to what takes one', async (t) => {
  const mounts = ['proc', 'sysfs', 'mqueue', 'tmpfs', 'devpts'].map((type) => ({
    destination: `/${type}`,
    type,
    source: type,
  }));
  const bind = { destination: '/b', type: 'bind', source: '/b', options: ['bind'] };
  const made = steps('mount', { linux: { mountLabel: label }, mounts: [...mounts, bind] });
  const parameters = made.map((step) => (step as { readonly parameters: readonly string[] }).parameters);
  t.strictSame(parameters, [[], [], [], [`context=${label}`], [`context=${label}`]]);
});

t.test('quotes around a label are not part of it', async (t) => {
  t.strictSame(decodeMountOptions([`size=1,context="${label}"`]).data, ['size=1', `context=${label}`]);
  t.strictSame(decodeMountOptions(['rootcontext="a"', 'other="a"']).data, ['rootcontext=a', 'other="a"']);
});
