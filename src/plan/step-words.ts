import { capabilityNames } from './capabilities.ts';
import { flagNames, MOUNT_ATTRIBUTES, NAMESPACE_FLAGS, PROPAGATION } from './flag-names.ts';
import { MS_REC } from './mount-attributes.ts';
import type { PlannedStep } from './plan.ts';
import { RLIMITS } from './rlimits.ts';

type Run = PlannedStep['run'];
type Words = { readonly [S in Run['step']]: (run: Extract<Run, { readonly step: S }>) => string };

/** Paths stand as they are, and what would be misread in quotes. */
function path(value: string): string {
  return /^[\w./:,=@%+-]+$/.test(value) ? value : JSON.stringify(value);
}

/** `MS_SLAVE` → "slave", `CLONE_NEWNET` → "net" */
function plain(names: string): string {
  return names
    .replace(/MS_|CLONE_NEW/g, '')
    .replaceAll('|', ',')
    .toLowerCase();
}

/** Mount options as in config.json and mount(8): what is on, and what is off; '' is what nobody asks for. */
const options: Readonly<Record<string, readonly [on: string, off: string]>> = {
  MOUNT_ATTR_RDONLY: ['ro', 'rw'],
  MOUNT_ATTR_NOSUID: ['nosuid', 'suid'],
  MOUNT_ATTR_NODEV: ['nodev', 'dev'],
  MOUNT_ATTR_NOEXEC: ['noexec', 'exec'],
  MOUNT_ATTR__ATIME: ['', ''],
  MOUNT_ATTR_NOATIME: ['noatime', 'relatime'],
  MOUNT_ATTR_STRICTATIME: ['strictatime', 'relatime'],
  MOUNT_ATTR_NODIRATIME: ['nodiratime', ''],
  MOUNT_ATTR_NOSYMFOLLOW: ['nosymfollow', ''],
};

function optionNames(bits: number, on: 0 | 1): string[] {
  if (bits === 0) return [];
  const names = flagNames(MOUNT_ATTRIBUTES, bits).split('|');
  return names.map((name) => options[name]?.[on] ?? name).filter((name) => name !== '');
}

const attributes = (set: number): string => optionNames(set, 0).join(',');

function propagation(flags: number): string {
  return `${(flags & MS_REC) === 0 ? '' : 'r'}${plain(flagNames(PROPAGATION, flags & ~MS_REC))}`;
}

/** In parentheses, what there is of it. */
function remarks(...texts: readonly string[]): string {
  const there = texts.filter((text) => text !== '');
  return there.length === 0 ? '' : ` (${there.join('; ')})`;
}

function change(set: number, clear: number, recursively = ''): string {
  const names = [...optionNames(set, 0), ...optionNames(clear & ~set, 1)];
  return names.length === 0 ? '' : `${names.join(',')}${recursively}`;
}

const list = (items: readonly (string | number)[], most = 12): string =>
  items.length <= most ? items.join(' ') : `${items.slice(0, most).join(' ')} and ${items.length - most} more`;

const names = (environment: readonly string[]): string =>
  list(environment.map((entry) => path(entry.split('=', 1)[0] ?? '')));

const limit = (value: number | bigint): string => (BigInt(value) === 2n ** 64n - 1n ? 'unlimited' : String(value));

function rlimit(resource: number): string {
  return Object.entries(RLIMITS).find(([, number]) => number === resource)?.[0] ?? String(resource);
}

const capabilitySets = ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'] as const;

function capabilities(masks: Readonly<Record<(typeof capabilitySets)[number], bigint>>): string {
  const sets = capabilitySets.filter((set) => masks[set] !== 0n);
  return `capabilities: ${sets.map((set) => `${capabilityNames(masks[set]).length} ${set}`).join(', ') || 'none'}`;
}

/**
 * What a step does, in a few words. The environment may hold secrets, so that only its names are told; a hook's state document
 * says nothing new.
 */
const WORDS: Words = {
  trace: () => 'tell how long each step takes',
  become_root: () => 'become root of the user namespace',
  cgroup_join: ({ tasks }) => `join ${tasks.length} cgroups of version 1`,
  oom_score_adj: ({ value }) => `set the OOM score adjustment to ${value}`,
  setns: ({ type, path: of }) => `join ${plain(flagNames(NAMESPACE_FLAGS, type))} namespace ${path(of)}`,
  unshare: ({ flags }) => `enter a new namespace: ${plain(flagNames(NAMESPACE_FLAGS, flags))}`,
  time_namespace: ({ offsets }) =>
    `enter a new time namespace${remarks(offsets.trim().replaceAll('\n', ', ').replaceAll('\t', ' '))}`,
  setsid: () => 'lead a session without a terminal',
  session_keyring: ({ name }) => `take a session keyring of its own: ${path(name)}`,
  security_attribute: ({ value, files }) => `set ${files[0]} to ${path(value)}`,
  loopback_up: () => 'bring the interface lo up',
  netlink_socket: () => 'give the runtime a socket of this network namespace, which moves devices here',
  propagation: ({ flags, recursive }) => `make mounts ${recursive === 1 ? 'r' : ''}${propagation(flags)}`,
  parent_private: ({ path: of }) => `make the mount that ${path(of)} is in private`,
  root_attach: ({ path: at }) => `attach the root filesystem at ${path(at)}`,
  root_detached: () => 'take the root filesystem as a tree of mounts that nobody else has',
  root_open: () => 'take the root filesystem as it is',
  root_enter: () => 'enter the root filesystem while mounts are made',
  root_leave: () => "go back to the host's root",
  mount: ({ type, source, target, parameters, ...run }) =>
    `mount ${path(type)} at ${path(target)}${remarks(
      source === '' || source === type ? '' : `source ${path(source)}`,
      run.attributes === 0 ? '' : attributes(run.attributes),
      change(run.recursiveSet, run.recursiveClear, ' recursively'),
      list(parameters.map(path), 6),
      run.propagation.map(propagation).join(', '),
      run.copyUp === 1 ? 'with a copy of what is there' : '',
    )}`,
  bind: ({ source, target, recursive, ...run }) =>
    `${recursive === 1 ? 'rbind' : 'bind'} ${path(source)} at ${path(target)}${remarks(
      change(run.set, run.clear),
      change(run.recursiveSet, run.recursiveClear, ' recursively'),
      run.sourcePropagation === 0 ? '' : `source r${propagation(run.sourcePropagation)}`,
      run.propagation.map(propagation).join(', '),
    )}`,
  remount: ({ target, set, clear, parameters }) =>
    `change the mount at ${path(target)}${remarks(change(set, clear), list(parameters.map(path), 6))}`,
  mount_setattr: ({ target, set, clear }) => `make the mount at ${path(target)} ${change(set, clear)}`,
  mkdir: ({ path: at, mode }) => `make the directory ${path(at)}${remarks(`0${mode.toString(8)}`)}`,
  symlink: ({ target, path: at }) => `make the link ${path(at)} to ${path(target)}`,
  device: ({ path: at, type, major, minor, mode, uid, gid }) => {
    const kind = type === 0o010000 ? 'FIFO' : type === 0o060000 ? 'block device' : 'character device';
    const number = type === 0o010000 ? '' : ` ${major}:${minor}`;
    return `make the ${kind} ${path(at)}${number}${remarks(`0${mode.toString(8)}`, uid === 0 && gid === 0 ? '' : `of ${uid}:${gid}`)}`;
  },
  request: ({ what }) => `wait until the runtime has run its ${path(what)}`,
  hook: ({ kind, index, path: program, timeout }) =>
    `run ${kind} hook #${index} ${path(program)}${remarks(timeout === 0 ? '' : `at most ${timeout / 1000} s`)}`,
  pivot_root: () => 'make the root filesystem "/" and let the host\'s mounts go',
  move_root: () => 'move the root filesystem over "/" and enter it',
  chroot: () => 'make the root filesystem the root directory',
  root_propagation: ({ flags, recursive }) => `make "/" ${recursive === 1 ? 'r' : ''}${propagation(flags)}`,
  root_readonly: () => 'make "/" read-only',
  stdio_null: () => "give stdio the container's null device in place of the host's",
  terminal: ({ width, height, console }) =>
    `make a terminal for stdio${remarks(width === 0 || height === 0 ? '' : `${width}x${height}`, console === 1 ? 'bound at /dev/console' : '')}`,
  controlling_terminal: () => 'take it for the controlling terminal',
  stdio_owner: ({ uid }) => `give stdio to user ${uid}`,
  umask: ({ mask }) => `remember the umask 0${mask.toString(8)}`,
  sethostname: ({ name }) => `set the hostname ${path(name)}`,
  setdomainname: ({ name }) => `set the domainname ${path(name)}`,
  sysctl: ({ key, value }) => `set the sysctl ${path(key)} to ${path(value)}`,
  readonly_path: ({ path: at }) => `make ${path(at)} read-only`,
  masked_path: ({ path: at }) => `hide ${path(at)}`,
  no_new_privs: () => 'gain no privileges by execve any more',
  scheduler: ({ policy, nice, priority }) =>
    `set the scheduling policy${remarks(`policy ${policy}`, `nice ${nice}`, `priority ${priority}`)}`,
  io_priority: ({ priority }) =>
    `set the I/O priority${remarks(`class ${priority >> 13}`, `level ${priority & 0x1fff}`)}`,
  personality: ({ domain }) => `set the execution domain 0x${domain.toString(16)}`,
  memory_policy: ({ nodes }) => `set the memory policy${remarks(nodes.length === 0 ? '' : `nodes ${list(nodes)}`)}`,
  affinity: ({ cpus }) => `run on ${cpus.length === 0 ? 'every CPU of its cpuset' : `CPUs ${list(cpus)}`}`,
  rlimit: ({ resource, soft, hard }) => `limit ${rlimit(resource)} to ${limit(soft)}, at most ${limit(hard)}`,
  cwd_create: ({ path: at }) => `make the working directory ${path(at)} when it is missing`,
  environment: ({ entries }) => `take the environment${remarks(names(entries))}`,
  credentials: ({ uid, gid, groups, cwd, setCapabilities, ...sets }) =>
    `become ${uid}:${gid} in ${path(cwd)}${remarks(
      groups.length === 0 ? '' : `groups ${list(groups)}`,
      setCapabilities === 0 ? 'capabilities as the kernel has it' : capabilities(sets),
    )}`,
  lookup: ({ name }) => `look for ${path(name)}`,
  seccomp: ({ program, late }) =>
    `load the filter of system calls${remarks(`${program.length / 8} instructions`, ['now', 'right before the execve', 'with the credentials'][late] ?? '')}`,
  process_fork: () => 'go on as a process of the pid namespace',
  ready: () => 'tell the runtime that everything is done, and outlive it',
  wait_start: () => 'wait for start',
  execve: ({ args }) => `execute ${list(args.map(path))}`,
};

/** What a step of the plan does, on one line. */
export function stepWords<S extends Run['step']>(run: Extract<Run, { readonly step: S }>): string {
  return (WORDS[run.step as S] as (run: Extract<Run, { readonly step: S }>) => string)(run);
}
