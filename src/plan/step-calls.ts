import { CAPABILITIES } from './capabilities.ts';
import { type Flags, flagNames, MOUNT_ATTRIBUTES, NAMESPACE_FLAGS, PROPAGATION, SECCOMP_FLAGS } from './flag-names.ts';
import { IO_PRIORITY_CLASSES } from './io-priority.ts';
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from './memory-policy.ts';
import { MOUNT_ATTR__ATIME, MOUNT_ATTR_RDONLY, MS_PRIVATE, MS_REC, MS_SLAVE } from './mount-attributes.ts';
import { PERSONALITIES } from './personality.ts';
import type { FdRecipe, PlannedStep } from './plan.ts';
import { RLIMITS } from './rlimits.ts';
import { SCHEDULER_FLAGS, SCHEDULER_POLICIES } from './scheduler.ts';

/**
 * One system call by which init changes something: its own attributes, a namespace, a mount, a file. What only looks (statx, openat2),
 * and what only moves fds and memory, is none.
 */
export interface Call {
  readonly name: string;
  /** name and value, in the order of the manual page; what no constant, number or text can say stands in <> */
  readonly args: readonly (readonly [name: string, value: string])[];
  /** what it depends on and the plan cannot know, since it looks at nothing in the root filesystem; absent: it is made */
  readonly when?: string;
  /** as often as there is something to do it for */
  readonly repeated?: true;
}

type Run = PlannedStep['run'];
type RunOf<S extends Run['step']> = Extract<Run, { readonly step: S }>;

/** What earlier steps leave behind for later ones; see addon/init/context.h. */
interface Before {
  /** nobody in the container may ptrace init any more */
  undumpable: boolean;
  /** a filter that waits for `credentials` or for `execve` */
  filter: RunOf<'seccomp'> | undefined;
  umask: number;
  /** the root directory is the container's for now */
  entered: boolean;
  sysctls: boolean;
  ready: boolean;
}

type Calls<S extends Run['step']> = (run: RunOf<S>, before: Before) => readonly Call[];

function call(name: string, ...args: Call['args']): Call {
  return { name, args };
}

function only(when: string, ...calls: readonly Call[]): Call[] {
  return calls.map((one) => ({ ...one, when: one.when ?? when }));
}

function repeated(when: string, one: Call): Call {
  return { ...one, when, repeated: true };
}

const text = (value: string): string => JSON.stringify(value);
const octal = (value: number): string => (value === 0 ? '000' : `0${value.toString(8)}`);
const nameOf = (names: Flags, value: number): string =>
  Object.entries(names).find(([, number]) => number === value)?.[0] ?? String(value);
const leaf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const chroot = call('chroot', ['path', '"."']);
const fchdir = (where: string): Call => call('fchdir', ['fd', `<${where}>`]);

function moveMount(what: string, where: string): Call {
  return call('move_mount', ['from', `<${what}>`], ['to', `<${where}>`]);
}

function openTree(what: string, recursive: boolean): Call {
  const flags = `OPEN_TREE_CLONE${recursive ? '|AT_RECURSIVE' : ''}`;
  return call('open_tree', ['of', `<${what}>`], ['flags', flags]);
}

interface MountChange {
  readonly recursive?: boolean;
  readonly set?: number;
  readonly clear?: number;
  readonly propagation?: number;
}

function mountSetattr(where: string, { recursive = false, set = 0, clear = 0, propagation = 0 }: MountChange): Call {
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
function changeAttributes(where: string, set: number, clear: number, recursive: boolean): Call[] {
  if (set === 0 && clear === 0) return [];
  const whole = ((set | clear) & MOUNT_ATTR__ATIME) === 0 ? clear : clear | MOUNT_ATTR__ATIME;
  return [mountSetattr(where, { set, clear: whole, recursive })];
}

function propagate(where: string, flags: number): Call {
  return mountSetattr(where, { recursive: (flags & MS_REC) !== 0, propagation: flags & ~MS_REC });
}

const missing = 'parts of the path are missing';

function makePath(path: string): Call[] {
  return [repeated(missing, call('mkdirat', ['path', `<${path}>`], ['mode', '0755']))];
}

/** Parents, and the target itself: what it is depends on what is mounted there. */
function makeTarget(path: string): Call[] {
  return [
    ...makePath(path),
    ...only('a file to mount on is missing', call('openat', ['path', `<${path}>`], ['flags', 'O_CREAT'])),
  ];
}

/** For as long as paths of the host are looked up. */
function inHostView(before: Before, calls: readonly Call[]): Call[] {
  if (!before.entered) return [...calls];
  return [fchdir("the host's /"), chroot, ...calls, fchdir('root'), chroot];
}

function cloneOrigin(before: Before, origin: string, recursive: boolean): Call[] {
  return origin === '' ? [] : [...inHostView(before, []), openTree(origin, recursive)];
}

/** Longer ones fsconfig(2) does not take. addon/init/filesystem.h */
const longestParameter = 255;

function parameter(assignment: string): Call {
  const at = assignment.indexOf('=');
  if (at < 0) return call('fsconfig', ['cmd', 'FSCONFIG_SET_FLAG'], ['key', text(assignment)]);
  const [key, value] = [assignment.slice(0, at), assignment.slice(at + 1)];
  return call('fsconfig', ['cmd', 'FSCONFIG_SET_STRING'], ['key', text(key)], ['value', text(value)]);
}

function fsopen(type: string): Call {
  return call('fsopen', ['fsname', text(type)]);
}

function fsmount(attributes: number): Call[] {
  return [
    call('fsconfig', ['cmd', 'FSCONFIG_CMD_CREATE']),
    call('fsmount', ['attr_flags', flagNames(MOUNT_ATTRIBUTES, attributes)]),
  ];
}

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

const leaveCaller = 'it is not root of the user namespace yet';

/** addon/init/user_namespace.cc, addon/init/credential_change.cc */
const finishChange: readonly Call[] = [
  call('prctl', ['op', 'PR_SET_DUMPABLE'], ['value', '0']),
  call('prctl', ['op', 'PR_SET_PDEATHSIG'], ['signal', '<as before>']),
];
const becomeRoot: readonly Call[] = only(
  leaveCaller,
  call('setresgid', ['rgid', '0'], ['egid', '0'], ['sgid', '0']),
  call('setresuid', ['ruid', '0'], ['euid', '0'], ['suid', '0']),
  call('capset', ['inheritable', '0']),
  ...finishChange,
);

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

function dropBounding(bounding: bigint): Call[] {
  const drop = (name: string): Call => call('prctl', ['op', 'PR_CAPBSET_DROP'], ['cap', name]);
  const names = CAPABILITIES.filter((_name, bit) => ((bounding >> BigInt(bit)) & 1n) === 0n);
  return [
    ...names.map(drop),
    repeated('the kernel has more capabilities, to the first that it has not', drop('<next>')),
  ];
}

function capabilitySets({ effective, permitted, inheritable }: RunOf<'credentials'>): Call {
  const shown = (mask: bigint) => `0x${mask.toString(16)}`;
  return call(
    'capset',
    ['effective', `<${shown(effective)}>`],
    ['permitted', `<${shown(permitted)}>`],
    ['inheritable', `<${shown(inheritable)}>`],
  );
}

function raiseAmbient(ambient: bigint): Call[] {
  const names = CAPABILITIES.filter((_name, bit) => ((ambient >> BigInt(bit)) & 1n) === 1n);
  return [
    call('prctl', ['op', 'PR_CAP_AMBIENT'], ['arg', 'PR_CAP_AMBIENT_CLEAR_ALL']),
    ...names.map((name) => call('prctl', ['op', 'PR_CAP_AMBIENT'], ['arg', 'PR_CAP_AMBIENT_RAISE'], ['cap', name])),
  ];
}

function loadFilter({ program, flags }: RunOf<'seccomp'>): Call {
  const instructions = String(program.length / 8);
  return call(
    'seccomp',
    ['operation', 'SECCOMP_SET_MODE_FILTER'],
    ['flags', flagNames(SECCOMP_FLAGS, flags)],
    ['len', instructions],
  );
}

function loadKept(before: Before, late: number): Call[] {
  return before.filter?.late === late ? [loadFilter(before.filter)] : [];
}

function limit(value: number | bigint): string {
  return BigInt(value) === 2n ** 64n - 1n ? 'RLIM64_INFINITY' : String(value);
}

function pathOf(recipe: FdRecipe): string {
  return 'path' in recipe ? recipe.path : recipe.open;
}

/** A file of procfs or cgroupfs, by its path. */
function write(file: string, value: string): Call {
  return call('write', ['fd', `<${file}>`], ['buf', text(value)]);
}

const none: readonly Call[] = [];

const partFromHost = [
  mountSetattr('root', { propagation: MS_SLAVE, recursive: true }),
  mountSetattr('root', { propagation: MS_PRIVATE }),
];

/** Every step, and what addon/init/steps/NAME.cc does for it. test/integration/explain.test.ts compares the two. */
const CALLS: { readonly [S in Run['step']]: Calls<S> } = {
  trace: () => none,
  become_root: () => becomeRoot,
  cgroup_join: ({ tasks }) => tasks.map((file) => write(pathOf(file), '0')),
  oom_score_adj: ({ value }) => [write('/proc/self/oom_score_adj', String(value))],
  setns: ({ namespace, type }) => [
    call('setns', ['fd', `<${pathOf(namespace)}>`], ['nstype', flagNames(NAMESPACE_FLAGS, type)]),
    ...((type & 0x10000000) === 0 ? [] : [...becomeRoot, ...finishChange]),
  ],
  unshare: ({ flags }) => [call('unshare', ['flags', flagNames(NAMESPACE_FLAGS, flags)])],
  time_namespace: ({ offsets }) => [
    call('unshare', ['flags', 'CLONE_NEWTIME']),
    ...(offsets === '' ? [] : [write('/proc/self/timens_offsets', offsets)]),
    call('setns', ['fd', '</proc/self/ns/time_for_children>'], ['nstype', 'CLONE_NEWTIME']),
  ],
  setsid: () => [call('setsid')],
  session_keyring: ({ name }) => [
    call('keyctl', ['operation', 'KEYCTL_JOIN_SESSION_KEYRING'], ['name', text(name)]),
    call('keyctl', ['operation', 'KEYCTL_DESCRIBE'], ['key', '<the keyring>']),
    call('keyctl', ['operation', 'KEYCTL_SETPERM'], ['key', '<the keyring>'], ['perm', '<more>']),
  ],
  security_attribute: ({ attribute, value, files }) => [
    call('lsm_set_self_attr', ['attr', `<${attribute}>`], ['ctx', `<${text(value)}>`]),
    ...only(
      'before Linux 6.8',
      fsopen('proc'),
      { ...parameter('hidepid=ptraceable') },
      parameter('subset=pid'),
      ...fsmount(0xe),
      write(`/proc/thread-self/attr/${files[0]}`, value),
    ),
  ],
  loopback_up: () => [
    call('socket', ['domain', 'AF_UNIX'], ['type', 'SOCK_DGRAM']),
    call('ioctl', ['op', 'SIOCGIFFLAGS'], ['ifr_name', '"lo"']),
    call('ioctl', ['op', 'SIOCSIFFLAGS'], ['ifr_name', '"lo"']),
  ],
  netlink_socket: () => [call('socket', ['domain', 'AF_NETLINK'], ['type', 'SOCK_RAW'])],
  propagation: ({ flags, recursive }) => [mountSetattr('/', { propagation: flags, recursive: recursive === 1 })],
  parent_private: ({ path }) => [mountSetattr(`the mount that ${path} is in`, { propagation: MS_PRIVATE })],
  root_attach: ({ path, origin }, before) => [
    ...cloneOrigin(before, origin, true),
    ...partFromHost,
    moveMount('root', path),
  ],
  root_detached: ({ origin }, before) => [...cloneOrigin(before, origin, true), ...partFromHost],
  root_open: () => none,
  root_enter: (_run, before) => {
    before.entered = true;
    return [fchdir('root'), chroot];
  },
  root_leave: (_run, before) => {
    before.entered = false;
    return [fchdir("the host's /"), chroot];
  },
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
  request: () => none,
  hook: () => [call('fork')],
  pivot_root: () => [
    fchdir('root'),
    call('pivot_root', ['new_root', '"."'], ['put_old', '"."']),
    fchdir('the old root'),
    mountSetattr('the old root', { propagation: MS_SLAVE, recursive: true }),
    call('umount2', ['target', '"."'], ['flags', 'MNT_DETACH']),
    repeated('something is left of it', call('umount2', ['target', '"."'], ['flags', 'MNT_DETACH'])),
    call('chdir', ['path', '"/"']),
  ],
  move_root: () => [
    ...only(
      'for each procfs and sysfs outside of the root filesystem',
      repeated('', mountSetattr('it', { propagation: MS_SLAVE, recursive: true })),
    ),
    {
      name: 'uncover',
      args: [['what', '<fchdir, umount2, or a tmpfs on top>']],
      when: 'for each of them',
      repeated: true,
    },
    moveMount('root', '/'),
    fchdir('root'),
    chroot,
    call('chdir', ['path', '"/"']),
  ],
  chroot: () => [fchdir('root'), chroot, call('chdir', ['path', '"/"'])],
  root_propagation: ({ flags, recursive }) => [mountSetattr('/', { propagation: flags, recursive: recursive === 1 })],
  root_readonly: () => [mountSetattr('/', { set: MOUNT_ATTR_RDONLY })],
  stdio_null: () => [
    repeated(
      "it is the host's null device",
      call('dup3', ['oldfd', "<the container's /dev/null>"], ['newfd', '<0, 1, 2>']),
    ),
  ],
  terminal: ({ width, height, console }) => [
    call('ioctl', ['op', 'TIOCSPTLCK']),
    call('ioctl', ['op', 'TIOCGPTPEER']),
    ...(width === 0 || height === 0 ? [] : [call('ioctl', ['op', 'TIOCSWINSZ'])]),
    ...(console === 1
      ? [...makeTarget('/dev/console'), openTree('the terminal', false), moveMount('the terminal', '/dev/console')]
      : []),
    ...[0, 1, 2].map((fd) => call('dup3', ['oldfd', '<the terminal>'], ['newfd', String(fd)])),
  ],
  controlling_terminal: () => [call('ioctl', ['fd', '0'], ['op', 'TIOCSCTTY'])],
  stdio_owner: ({ uid }) => [
    repeated("it is neither the user's nor a null device", call('fchown', ['fd', '<0, 1, 2>'], ['owner', String(uid)])),
  ],
  umask: ({ mask }, before) => {
    before.umask = mask;
    return none;
  },
  sethostname: ({ name }) => [call('sethostname', ['name', text(name)])],
  setdomainname: ({ name }) => [call('setdomainname', ['name', text(name)])],
  sysctl: ({ key, value }, before) => {
    const own = before.sysctls ? [] : [fsopen('proc'), ...fsmount(0xe)];
    before.sysctls = true;
    return [...own, write(`/proc/sys/${key}`, value)];
  },
  readonly_path: ({ path }) =>
    only(
      'the path is there',
      openTree(path, true),
      mountSetattr(path, { set: MOUNT_ATTR_RDONLY }),
      moveMount(path, path),
    ),
  masked_path: ({ path }) => cover(path),
  no_new_privs: () => [call('prctl', ['op', 'PR_SET_NO_NEW_PRIVS'], ['value', '1'])],
  scheduler: ({ policy, flags, nice, priority }) => [
    call(
      'sched_setattr',
      ['pid', '0'],
      ['policy', nameOf(SCHEDULER_POLICIES, policy)],
      ['flags', flagNames(SCHEDULER_FLAGS, flags)],
      ['nice', String(nice)],
      ['priority', String(priority)],
    ),
  ],
  io_priority: ({ priority }) => [
    call(
      'ioprio_set',
      ['which', 'IOPRIO_WHO_PROCESS'],
      ['who', '0'],
      ['class', nameOf(IO_PRIORITY_CLASSES, priority >> 13)],
      ['level', String(priority & 0x1fff)],
    ),
  ],
  personality: ({ domain }) => [call('personality', ['persona', `PER_${nameOf(PERSONALITIES, domain)}`])],
  memory_policy: ({ mode, nodes }) => [
    call(
      'set_mempolicy',
      ['mode', flagNames({ ...MEMORY_POLICY_FLAGS, [nameOf(MEMORY_POLICY_MODES, mode & 0xff)]: mode & 0xff }, mode)],
      ['nodes', `<${nodes.join(',')}>`],
    ),
  ],
  affinity: ({ cpus }) => [
    call('sched_setaffinity', ['pid', '0'], ['mask', `<${cpus.length === 0 ? 'every CPU' : cpus.join(',')}>`]),
  ],
  rlimit: ({ resource, soft, hard }) => [
    call(
      'prlimit64',
      ['pid', '0'],
      ['resource', nameOf(RLIMITS, resource)],
      ['rlim_cur', limit(soft)],
      ['rlim_max', limit(hard)],
    ),
  ],
  cwd_create: ({ path }) => makePath(path),
  environment: () => none,
  credentials: (run, before) => [
    ...(run.setCapabilities === 1
      ? [...dropBounding(run.bounding), call('prctl', ['op', 'PR_SET_KEEPCAPS'], ['value', '1'])]
      : []),
    call('chdir', ['path', text(run.cwd)]),
    ...loadKept(before, 2),
    ...(run.setgroups === 1
      ? [call('setgroups', ['size', String(run.groups.length)], ['list', `<${run.groups.join(',')}>`])]
      : []),
    call('setresgid', ...(['rgid', 'egid', 'sgid'] as const).map((name) => [name, String(run.gid)] as const)),
    call('setresuid', ...(['ruid', 'euid', 'suid'] as const).map((name) => [name, String(run.uid)] as const)),
    ...only('root could not enter it', call('chdir', ['path', text(run.cwd)])),
    ...(run.setCapabilities === 1
      ? [call('prctl', ['op', 'PR_SET_KEEPCAPS'], ['value', '0']), capabilitySets(run), ...raiseAmbient(run.ambient)]
      : raiseAmbient(0n)),
    ...finishChange,
  ],
  lookup: () => [repeated('fds are preserved', call('dup3', ['oldfd', '<preserved>'], ['newfd', '<3, 4, …>']))],
  seccomp: (run, before) => {
    before.filter = run;
    return run.late === 0 ? [loadFilter(run)] : none;
  },
  process_fork: () => [
    call('clone', ['flags', 'CLONE_PARENT|SIGCHLD']),
    call('prctl', ['op', 'PR_SET_PDEATHSIG'], ['signal', 'SIGKILL']),
  ],
  ready: (_run, before) => {
    before.ready = true;
    return [call('prctl', ['op', 'PR_SET_PDEATHSIG'], ['signal', '0'])];
  },
  wait_start: () => none,
  execve: ({ args }, before) => [
    ...(before.ready
      ? []
      : only('fds are preserved', call('dup3', ['oldfd', '<handshake>'], ['newfd', '<behind them>']))),
    call('umask', ['mask', octal(before.umask)]),
    call('prctl', ['op', 'PR_SET_PDEATHSIG'], ['signal', '0']),
    ...loadKept(before, 1),
    call('execve', ['pathname', '<what lookup has found>'], ['argv', `[${args.map(text).join(', ')}]`]),
  ],
};

/** A network namespace takes the kernel the longest, so that init makes it and the runtime goes on. addon/parent/init_process.cc */
const madeByInit = NAMESPACE_FLAGS.CLONE_NEWNET ?? 0;

/** What clone3(2) makes of a plan's new namespaces. */
export function bornWith(cloneFlags: number): number {
  return cloneFlags & ~madeByInit;
}

/** Before init's first step. addon/init/main.cc, addon/init/reader/receive.cc */
export function startCalls(cloneFlags: number): readonly Call[] {
  return [
    call('prctl', ['op', 'PR_SET_PDEATHSIG'], ['signal', 'SIGKILL']),
    call('prctl', ['op', 'PR_SET_NAME'], ['name', '"noci:[init]"']),
    call('umask', ['mask', '000']),
    ...((cloneFlags & madeByInit) === 0 ? [] : [call('unshare', ['flags', flagNames(NAMESPACE_FLAGS, madeByInit)])]),
  ];
}

/** Steps while init may still write its own files in procfs. addon/init/main.cc */
const precedeContainer: ReadonlySet<Run['step']> = new Set<Run['step']>([
  'trace',
  'become_root',
  'cgroup_join',
  'affinity',
  'oom_score_adj',
  'time_namespace',
]);

function callsOf<S extends Run['step']>(run: RunOf<S>, before: Before): readonly Call[] {
  const step = run.step as S;
  const own = (CALLS[step] as Calls<S>)(run, before);
  if (before.undumpable || precedeContainer.has(step)) return own;
  before.undumpable = true;
  return [call('prctl', ['op', 'PR_SET_DUMPABLE'], ['value', '0']), ...own];
}

/** The system calls of each step of a plan, in their order. */
export function stepCalls(steps: readonly PlannedStep[]): (readonly Call[])[] {
  const before: Before = {
    undumpable: false,
    filter: undefined,
    umask: 0o022,
    entered: false,
    sysctls: false,
    ready: false,
  };
  return steps.map(({ run }) => callsOf(run, before));
}
