import { type CallsOfSteps, call, leaf, nameOf, octal, only, repeated, text } from './call.ts';
import { makePath, missing } from './mount-api.ts';

/** Steps that make files and directories. */
export const fileSteps = {
  mkdir: ({ path, mode }) => [repeated(missing, call('mkdirat', ['path', `<${path}>`], ['mode', octal(mode)]))],
  symlink: ({ target, path, replace }) => [
    ...makePath(path.slice(0, path.lastIndexOf('/'))),
    ...(replace === 1 ? [call('unlinkat', ['path', text(leaf(path))])] : []),
    call('symlinkat', ['target', text(target)], ['linkpath', text(leaf(path))]),
  ],
  device: ({ path, type, major, minor, mode, uid, gid }) => {
    const kind = nameOf({ S_IFIFO: 0o010000, S_IFCHR: 0o020000, S_IFBLK: 0o060000 }, type);
    const number = (value: number) => (value === 0 ? '0' : `0x${value.toString(16)}`);
    const device = type === 0o010000 ? [] : ([['dev', `makedev(${number(major)}, ${number(minor)})`]] as const);
    const make = call('mknodat', ['path', text(leaf(path))], ['mode', `${kind}|${octal(mode & 0o7777)}`], ...device);
    const owner = call('fchownat', ['fd', `<${path}>`], ['owner', String(uid)], ['group', String(gid)]);
    const there = 'one is there already';
    return [
      ...makePath(path.slice(0, path.lastIndexOf('/'))),
      make,
      ...only(there, call('fchmodat2', ['fd', `<${path}>`], ['mode', octal(mode & 0o7777)])),
      ...only(`${there}, and another`, call('unlinkat', ['path', text(leaf(path))]), make),
      ...(uid === 0 && gid === 0 ? only(there, owner) : [owner]),
    ];
  },
  cwd_create: ({ path }) => makePath(path),
} satisfies CallsOfSteps;
