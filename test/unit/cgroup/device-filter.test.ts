import t from 'tap';
import { attachDeviceFilter, planDeviceFilter } from '../../../src/cgroup/device-filter.ts';
import type { Native } from '../../../src/native/contract.ts';
import type { CgroupPlan } from '../../../src/plan/plan.ts';
import { fakeHost, nativeError } from '../../fakes/native.ts';
import { directory } from '../../fakes/plan.ts';

const unified = { version: 2, controllers: ['cpu'], mountpoint: '/cg', path: '/cg/x' } as const;
const devices = directory('devices', 'devices');

t.test('a filter is for a v2 cgroup, unless a v1 controller keeps the rules', async (t) => {
  t.equal(planDeviceFilter([unified], [])?.path, '/cg/x');
  t.equal(planDeviceFilter([directory('memory', 'memory'), unified], [])?.path, '/cg/x');
  t.equal(planDeviceFilter([devices, unified], []), undefined);
  t.equal(planDeviceFilter([], []), undefined);
});

t.test('only a filter that denies nothing can be done without', async (t) => {
  const rule = { allow: true, access: 'rwm' };
  t.match(planDeviceFilter([unified], []), { optional: false, pointer: '' });
  t.match(planDeviceFilter([unified], [rule]), { optional: true, pointer: '/linux/resources/devices' });
  t.match(planDeviceFilter([unified], [{ ...rule, allow: false }]), { optional: false });
});

const program = new Uint8Array([1, 2, 3]);

function plan(optional: boolean): CgroupPlan {
  const filter = { path: '/cg/x', program, optional, pointer: '/linux/resources/devices' };
  return { mode: 'v2', directories: [unified], limits: [], devices: filter };
}

/** PROC_USER_INIT_INO of linux/proc_ns.h */
const initialUserNamespace = 0xeffffffdn;

function host(
  attachDeviceProgram: Native['attachDeviceProgram'],
  userNamespace = initialUserNamespace,
  euid = 0,
): Native {
  const stat = () => ({ mode: 0, uid: 0, gid: 0, size: 0, dev: 0n, ino: userNamespace, rdev: 0n, nlink: 1 });
  return fakeHost({ euid, functions: { openat2: () => 9, attachDeviceProgram, stat } }).native;
}

t.test('the program is attached to the open cgroup', async (t) => {
  const calls: unknown[] = [];
  const native = host((...call) => calls.push(call));
  attachDeviceFilter(native, plan(false));
  attachDeviceFilter(native, { mode: 'v2', directories: [unified], limits: [] });
  t.strictSame(calls, [[9, program]]);
});

t.test('a kernel that refuses it', async (t) => {
  const native = host(() => {
    throw nativeError('bpf', 'BPF_PROG_LOAD', 'EACCES');
  });
  t.throws(() => attachDeviceFilter(native, plan(false)), {
    message: 'unable to restrict devices of cgroup /cg/x: BPF_PROG_LOAD: access refused (EACCES)',
    pointer: '/linux/resources/devices',
  });
  t.doesNotThrow(() => attachDeviceFilter(native, plan(true)));
});

t.test('in a user namespace or by an ordinary user, where nobody may load one', async (t) => {
  const refuse = () => {
    throw nativeError('bpf', 'BPF_PROG_LOAD', 'EACCES');
  };
  t.doesNotThrow(() => attachDeviceFilter(host(refuse, 0xf0000001n), plan(false)));
  t.doesNotThrow(() => attachDeviceFilter(host(refuse, initialUserNamespace, 1000), plan(false)));
});

t.test('a cgroup that is gone', async (t) => {
  const { native } = fakeHost({
    functions: {
      openat2: (_directory, path) => {
        throw nativeError('openat2', path, 'ENOENT');
      },
    },
  });
  t.throws(() => attachDeviceFilter(native, plan(true)), { message: 'cgroup /cg/x is gone' });
});
