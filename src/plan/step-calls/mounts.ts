import { MOUNT_ATTR__ATIME, MOUNT_ATTR_RDONLY, MS_PRIVATE, MS_REC } from '../mount-attributes.ts';
import { type Before, type Call, type CallsOfSteps, call, only, type RunOf, text } from './call.ts';
import {
  changeAttributes,
  cloneOrigin,
  fchdir,
  fsmount,
  fsopen,
  inHostView,
  longestParameter,
  makePath,
  makeTarget,
  mountSetattr,
  moveMount,
  openTree,
  parameter,
  propagate,
} from './mount-api.ts';

function mountClassic({ type, source, target, attributes }: RunOf<'mount'>): Call[] {
  return [
    fsopen('tmpfs'),
    ...fsmount(0),
    call('mkdirat', ['path', '"mount"'], ['mode', '0700']),
    moveMount('a stage', target),
    fchdir('the stage'),
    call(
      'mount',
      ['source', text(source)],
      ['target', '"mount"'],
      ['filesystemtype', text(type)],
      ['data', '<parameters>'],
    ),
    openTree('mount', false),
    fchdir('the stage'),
    call('umount2', ['target', '"."'], ['flags', 'MNT_DETACH']),
    fchdir('as before'),
    mountSetattr(target, { set: attributes, clear: MOUNT_ATTR__ATIME }),
  ];
}

function makeFilesystem(run: RunOf<'mount'>, before: Before): Call[] {
  const { type, source, parameters, attributes, keepMode } = run;
  const values = parameters.map((one) => one.slice(one.indexOf('=') + 1));
  const namesPaths = [source, ...parameters].some((one) => one.includes('/'));
  if (namesPaths && values.some((value) => value.length > longestParameter))
    return inHostView(before, mountClassic(run));
  const hasMode = parameters.some((one) => one === 'mode' || one.startsWith('mode='));
  const calls = [
    fsopen(type),
    ...(source === '' ? [] : [parameter(`source=${source}`)]),
    ...(keepMode === 1 && !hasMode
      ? only(
          'the target is there',
          call('fsconfig', ['cmd', 'FSCONFIG_SET_STRING'], ['key', '"mode"'], ['value', "<the target's>"]),
        )
      : []),
    ...parameters.map(parameter),
    ...fsmount(attributes),
  ];
  return namesPaths ? inHostView(before, calls) : calls;
}

const copied = 'there is something at the target';

/** What copies a directory's content. addon/init/copy_up.cc */
const copyUp: readonly Call[] = [
  {
    name: 'copy',
    args: [['what', '<mkdirat, openat, sendfile, symlinkat, mknodat, fchownat, fchmodat, utimensat>']],
    when: copied,
    repeated: true,
  },
];

const firstCover = 'it is the first that is covered';

/** The first cover of a kind is attached itself, later ones are clones of it. addon/init/cover.cc */
function cover(path: string): Call[] {
  const tmpfs = (inodes: string) => [
    fsopen('tmpfs'),
    parameter('source=tmpfs'),
    parameter(`nr_inodes=${inodes}`),
    parameter('nr_blocks=1'),
  ];
  return [
    ...only(`a directory: ${firstCover}`, ...tmpfs('1'), parameter('ro'), ...fsmount(MOUNT_ATTR_RDONLY)),
    ...only(
      `a file: ${firstCover}, and /dev/null is not of our making`,
      ...tmpfs('2'),
      ...fsmount(0),
      call('mknodat', ['path', '"null"'], ['mode', 'S_IFCHR|0666'], ['dev', 'makedev(0x1, 0x3)']),
    ),
    ...only('a file, or a later directory', openTree('the cover', false)),
    ...only(`a file: ${firstCover}`, mountSetattr('the cover', { set: 0xb })),
    ...only('the path is there', moveMount('the cover', path)),
  ];
}

/** Steps that make, change and cover mounts. */
export const mountSteps = {
  parent_private: ({ path }) => [mountSetattr(`the mount that ${path} is in`, { propagation: MS_PRIVATE })],
  propagation: ({ flags, recursive }) => [mountSetattr('/', { propagation: flags, recursive: recursive === 1 })],
  mount: (run, before) => [
    ...makePath(run.target),
    ...makeFilesystem(run, before),
    ...(run.recursiveSet === 0 && run.recursiveClear === 0
      ? []
      : [mountSetattr(run.target, { set: run.recursiveSet, clear: run.recursiveClear, recursive: true })]),
    ...(run.copyUp === 1 ? copyUp : []),
    moveMount(run.type, run.target),
    ...run.propagation.map((flags) => propagate(run.target, flags)),
  ],
  bind: (run, before) => [
    ...cloneOrigin(before, run.origin, run.recursive === 1),
    ...makeTarget(run.target),
    ...(run.sourcePropagation === 0 ? [] : [propagate(run.source, run.sourcePropagation | MS_REC)]),
    ...changeAttributes(run.source, run.set, run.clear, false),
    ...changeAttributes(run.source, run.recursiveSet, run.recursiveClear, true),
    moveMount(run.source, run.target),
    ...run.propagation.map((flags) => propagate(run.target, flags)),
  ],
  remount: ({ target, set, clear, parameters }) => [
    ...(parameters.length === 0
      ? []
      : [
          call('fspick', ['path', `<${target}>`]),
          ...parameters.map(parameter),
          call('fsconfig', ['cmd', 'FSCONFIG_CMD_RECONFIGURE']),
        ]),
    ...(set === 0 && clear === 0 ? [] : [mountSetattr(target, { set, clear })]),
  ],
  mount_setattr: ({ target, set, clear }) => [mountSetattr(target, { set, clear })],
  readonly_path: ({ path }) =>
    only(
      'the path is there',
      openTree(path, true),
      mountSetattr(path, { set: MOUNT_ATTR_RDONLY }),
      moveMount(path, path),
    ),
  masked_path: ({ path }) => cover(path),
} satisfies CallsOfSteps;
