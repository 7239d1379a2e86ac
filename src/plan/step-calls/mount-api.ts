import { flagNames, MOUNT_ATTRIBUTES, PROPAGATION } from '../flag-names.ts';
import { MOUNT_ATTR__ATIME, MS_REC } from '../mount-attributes.ts';
import { type Before, type Call, call, only, repeated, text } from './call.ts';

export const chroot = call('chroot', ['path', '"."']);
export const fchdir = (where: string): Call => call('fchdir', ['fd', `<${where}>`]);

export function moveMount(what: string, where: string): Call {
  return call('move_mount', ['from', `<${what}>`], ['to', `<${where}>`]);
}

export function openTree(what: string, recursive: boolean): Call {
  const flags = `OPEN_TREE_CLONE${recursive ? '|AT_RECURSIVE' : ''}`;
  return call('open_tree', ['of', `<${what}>`], ['flags', flags]);
}

interface MountChange {
  readonly recursive?: boolean;
  readonly set?: number;
  readonly clear?: number;
  readonly propagation?: number;
}

export function mountSetattr(
  where: string,
  { recursive = false, set = 0, clear = 0, propagation = 0 }: MountChange,
): Call {
  return call(
    'mount_setattr',
    ['mount', `<${where}>`],
    ...(recursive ? ([['flags', 'AT_RECURSIVE']] as const) : []),
    ...(set === 0 ? [] : ([['attr_set', flagNames(MOUNT_ATTRIBUTES, set)]] as const)),
    ...(clear === 0 ? [] : ([['attr_clr', flagNames(MOUNT_ATTRIBUTES, clear)]] as const)),
    ...(propagation === 0 ? [] : ([['propagation', flagNames(PROPAGATION, propagation)]] as const)),
  );
}

/** A change of the access time clears the whole field, whatever it is; none of anything is no call. addon/init/steps/bind.cc */
export function changeAttributes(where: string, set: number, clear: number, recursive: boolean): Call[] {
  if (set === 0 && clear === 0) return [];
  const whole = ((set | clear) & MOUNT_ATTR__ATIME) === 0 ? clear : clear | MOUNT_ATTR__ATIME;
  return [mountSetattr(where, { set, clear: whole, recursive })];
}

export function propagate(where: string, flags: number): Call {
  return mountSetattr(where, { recursive: (flags & MS_REC) !== 0, propagation: flags & ~MS_REC });
}

export const missing = 'parts of the path are missing';

export function makePath(path: string): Call[] {
  return [repeated(missing, call('mkdirat', ['path', `<${path}>`], ['mode', '0755']))];
}

/** Parents, and the target itself: what it is depends on what is mounted there. */
export function makeTarget(path: string): Call[] {
  return [
    ...makePath(path),
    ...only('a file to mount on is missing', call('openat', ['path', `<${path}>`], ['flags', 'O_CREAT'])),
  ];
}

/** For as long as paths of the host are looked up. */
export function inHostView(before: Before, calls: readonly Call[]): Call[] {
  if (!before.entered) return [...calls];
  return [fchdir("the host's /"), chroot, ...calls, fchdir('root'), chroot];
}

export function cloneOrigin(before: Before, origin: string, recursive: boolean): Call[] {
  return origin === '' ? [] : [...inHostView(before, []), openTree(origin, recursive)];
}

/** Longer ones fsconfig(2) does not take. addon/init/filesystem.h */
export const longestParameter = 255;

export function parameter(assignment: string): Call {
  const at = assignment.indexOf('=');
  if (at < 0) return call('fsconfig', ['cmd', 'FSCONFIG_SET_FLAG'], ['key', text(assignment)]);
  const [key, value] = [assignment.slice(0, at), assignment.slice(at + 1)];
  return call('fsconfig', ['cmd', 'FSCONFIG_SET_STRING'], ['key', text(key)], ['value', text(value)]);
}

export function fsopen(type: string): Call {
  return call('fsopen', ['fsname', text(type)]);
}

export function fsmount(attributes: number): Call[] {
  return [
    call('fsconfig', ['cmd', 'FSCONFIG_CMD_CREATE']),
    call('fsmount', ['attr_flags', flagNames(MOUNT_ATTRIBUTES, attributes)]),
  ];
}
