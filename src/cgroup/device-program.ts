import {
  and,
  assemble,
  copy,
  exit,
  type Instruction,
  jump,
  jumpIfNot,
  jumpIfSet,
  loadWord,
  move,
  shiftRight,
} from './bpf-instructions.ts';
import type { DeviceException, DeviceList } from './device-list.ts';

/** BPF_DEVCG_DEV_* of linux/bpf.h */
const deviceTypes = { b: 1, c: 2 } as const;

/** BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE */
const everyAccess = 7;

/** Where the program keeps the access it judges. */
const result = 0;
const context = 1;
const type = 2;
const access = 3;
const major = 4;
const minor = 5;

/** struct bpf_cgroup_dev_ctx: access_type, which is access << 16 | type, then major and minor, 32 bits each. */
const prologue: readonly Instruction[] = [
  loadWord(type, context, 0),
  copy(access, type),
  and(type, 0xffff),
  shiftRight(access, 16),
  loadWord(major, context, 4),
  loadWord(minor, context, 8),
];

function verdict(allow: boolean): Instruction[] {
  return [move(result, allow ? 1 : 0), exit];
}

/**
 * A device is allowed when one exception gives every right that is asked for, and denied when one takes any of them: as in
 * match_exception and match_exception_partial of the kernel's security/device_cgroup.c. `skip`: the length of what follows.
 */
function accessTest(mask: number, allow: boolean, skip: number): Instruction[] {
  if (!allow) return [jumpIfSet(access, mask, 1), jump(skip)];
  return mask === everyAccess ? [] : [jumpIfSet(access, everyAccess & ~mask, skip)];
}

/** Returns the verdict for what the exception is about, falls through for everything else. */
function exceptionTest(exception: DeviceException, allow: boolean): Instruction[] {
  const then = verdict(allow);
  const last = accessTest(exception.access, allow, then.length);
  const compared = [
    [type, deviceTypes[exception.type]],
    [major, exception.major],
    [minor, exception.minor],
  ] as const;
  const block = [...last, ...then];
  for (const [register, value] of [...compared].reverse())
    if (value !== undefined) block.unshift(jumpIfNot(register, value, block.length));
  return block;
}

/**
 * The BPF_PROG_TYPE_CGROUP_DEVICE program that treats devices as a list of the v1 controller does: one exception after the other, the
 * first that is about the access decides, and the default of the list at the end.
 */
export function deviceProgram({ allow, exceptions }: DeviceList): Uint8Array {
  const tests = exceptions.flatMap((exception) => exceptionTest(exception, !allow));
  return assemble([...prologue, ...tests, ...verdict(allow)]);
}
