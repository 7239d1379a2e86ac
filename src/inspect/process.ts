import { statusField } from '../host/proc.ts';
import type { Config, POSIXRlimit } from '../oci/types.ts';
import { capabilityNames } from '../plan/capabilities.ts';
import type { ContainerRecord } from '../state/record.ts';
import { type InitProcess, readOf } from './init-process.ts';
import { type Finding, notReadable, type Row, type Unreadable } from './row.ts';

/** The five sets in the order of the record, by their lines in /proc/PID/status. */
const sets = [
  ['bounding', 'CapBnd'],
  ['effective', 'CapEff'],
  ['permitted', 'CapPrm'],
  ['inheritable', 'CapInh'],
  ['ambient', 'CapAmb'],
] as const;

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => name.replace('CAP_', '')).join(' ');
}

/** A program that gives capabilities up does what it should. Nobody gets more, but by what the host does. */
function compareSets(configured: bigint, now: bigint): Finding {
  if (now === configured) return { verdict: 'same' };
  const gained = capabilityNames(now & ~configured);
  const dropped = capabilityNames(configured & ~now);
  if (gained.length > 0) return { verdict: 'drift', note: `more than configured: ${list(gained)}` };
  return { verdict: 'noted', note: `given up: ${list(dropped)}` };
}

function capabilityRows(status: string, { process: { capabilities } }: ContainerRecord): Row[] {
  return sets.map(([name, field], index): Row => {
    const now = BigInt(`0x${statusField(status, field) ?? '0'}`);
    const row = { section: 'process', name: `capabilities ${name}`, now: list(capabilityNames(now)) } as const;
    const mask = capabilities?.[index];
    if (mask === undefined) return { ...row, pointer: '', verdict: 'same', note: 'not configured' };
    const configured = BigInt(mask);
    const pointer = `/process/capabilities/${name}`;
    return { ...row, pointer, configured: list(capabilityNames(configured)), ...compareSets(configured, now) };
  });
}

const modes: Readonly<Record<string, string>> = { '0': 'off', '1': 'strict', '2': 'filter' };

/** With no_new_privs the filter is loaded by the last step before the execve(2). A program can load more. */
function seccompRow(status: string, { seccomp }: ContainerRecord, isCreated: boolean): Row {
  const mode = modes[statusField(status, 'Seccomp') ?? ''] ?? 'not in this kernel';
  const count = Number(statusField(status, 'Seccomp_filters') ?? (mode === 'filter' ? 1 : 0));
  const now = mode === 'filter' ? `${count} ${count === 1 ? 'filter' : 'filters'}` : mode;
  const row = { section: 'process', name: 'seccomp', pointer: '/linux/seccomp', now } as const;
  if (seccomp === undefined) {
    const configured = 'off';
    if (mode === 'off') return { ...row, configured, verdict: 'same' };
    return {
      ...row,
      configured,
      verdict: 'noted',
      note: "the caller's own filter, or one that the program has loaded",
    };
  }
  const configured = '1 filter';
  if (mode === 'filter') return { ...row, configured, ...moreFilters(count) };
  if (isCreated) return { ...row, configured, verdict: 'noted', note: 'it is loaded when the container starts' };
  return { ...row, configured, verdict: 'drift', note: 'the process has no filter' };
}

function moreFilters(count: number): Finding {
  return count <= 1
    ? { verdict: 'same' }
    : { verdict: 'noted', note: "others are the caller's, or the program has loaded them" };
}

function noNewPrivilegesRow(status: string, config: Config | undefined): Row {
  const now = statusField(status, 'NoNewPrivs') === '1';
  const row = {
    section: 'process',
    name: 'no_new_privs',
    pointer: '/process/noNewPrivileges',
    now: String(now),
  } as const;
  const configured = config?.process?.noNewPrivileges;
  if (config === undefined) return { ...row, verdict: 'unknown', note: 'what was configured is not known any more' };
  const both = { ...row, configured: String(configured === true) };
  if (now === (configured === true)) return { ...both, verdict: 'same' };
  if (now) return { ...both, verdict: 'noted', note: "the program has set it, or noci's caller had" };
  return { ...both, verdict: 'drift', note: 'nobody can take it away: this is not the process that noci has started' };
}

/** The names of getrlimit(2) in /proc/PID/limits. proc_pid_limits(5) */
const limitNames: Readonly<Record<string, string>> = {
  RLIMIT_CPU: 'Max cpu time',
  RLIMIT_FSIZE: 'Max file size',
  RLIMIT_DATA: 'Max data size',
  RLIMIT_STACK: 'Max stack size',
  RLIMIT_CORE: 'Max core file size',
  RLIMIT_RSS: 'Max resident set',
  RLIMIT_NPROC: 'Max processes',
  RLIMIT_NOFILE: 'Max open files',
  RLIMIT_MEMLOCK: 'Max locked memory',
  RLIMIT_AS: 'Max address space',
  RLIMIT_LOCKS: 'Max file locks',
  RLIMIT_SIGPENDING: 'Max pending signals',
  RLIMIT_MSGQUEUE: 'Max msgqueue size',
  RLIMIT_NICE: 'Max nice priority',
  RLIMIT_RTPRIO: 'Max realtime priority',
  RLIMIT_RTTIME: 'Max realtime timeout',
};

/** RLIM_INFINITY */
const infinity = 2n ** 64n - 1n;

function limitOf(text: string): bigint {
  return text === 'unlimited' ? infinity : BigInt(text);
}

function pair(soft: bigint, hard: bigint): string {
  const show = (value: bigint) => (value === infinity ? 'unlimited' : String(value));
  return soft === hard ? show(soft) : `${show(soft)}, at most ${show(hard)}`;
}

/** Every process may move its soft limit below the hard one, and lower that. */
function compareLimits(configured: readonly [bigint, bigint], now: readonly [bigint, bigint]): Finding {
  if (configured[0] === now[0] && configured[1] === now[1]) return { verdict: 'same' };
  if (now[1] > configured[1]) return { verdict: 'drift', note: 'the hard limit was raised' };
  return { verdict: 'noted', note: 'any program may do that to itself' };
}

function rlimitRow(limits: string | Unreadable, { type, soft, hard }: POSIXRlimit, index: number): Row {
  const configured = [BigInt.asUintN(64, BigInt(soft)), BigInt.asUintN(64, BigInt(hard))] as const;
  const row = {
    section: 'process',
    name: type,
    pointer: `/process/rlimits/${index}`,
    configured: pair(...configured),
  } as const;
  if (typeof limits !== 'string') return { ...row, ...notReadable(limits) };
  const [, first, second] =
    new RegExp(`^${limitNames[type]} +(unlimited|\\d+) +(unlimited|\\d+)`, 'm').exec(limits) ?? [];
  if (first === undefined || second === undefined)
    return { ...row, verdict: 'unknown', note: 'the kernel does not say' };
  const now = [limitOf(first), limitOf(second)] as const;
  return { ...row, now: pair(...now), ...compareLimits(configured, now) };
}

/** A process may make itself a likelier victim, and back no further than it was. proc_pid_oom_score_adj(5) */
function oomScoreRow(init: InitProcess, { process: { oomScoreAdj } }: ContainerRecord): Row[] {
  const text = readOf(init, 'oom_score_adj') ?? '';
  const place = { section: 'process', name: 'oom_score_adj', pointer: '/process/oomScoreAdj' } as const;
  if (typeof text !== 'string') return [{ ...place, ...notReadable(text) }];
  const now = text.trim();
  if (oomScoreAdj === undefined) return [{ ...place, now, pointer: '', verdict: 'same', note: 'not configured' }];
  const both = { ...place, now, configured: String(oomScoreAdj) };
  if (Number(now) === oomScoreAdj) return [{ ...both, verdict: 'same' }];
  if (Number(now) > oomScoreAdj)
    return [{ ...both, verdict: 'noted', note: 'raised, which any program may do to itself' }];
  return [{ ...both, verdict: 'drift', note: 'lowered' }];
}

/** "docker-default (enforce)" of AppArmor, a context of SELinux with a NUL at its end. proc_pid_attr(5) */
function labelRow(
  init: InitProcess,
  name: 'apparmorProfile' | 'selinuxLabel',
  configured: string | undefined,
  isCreated: boolean,
): Row[] {
  if (configured === undefined) return [];
  const text =
    readOf(init, name === 'apparmorProfile' ? 'attr/apparmor/current' : 'attr/current') ?? readOf(init, 'attr/current');
  const place = { section: 'process', name, pointer: `/process/${name}`, configured } as const;
  if (typeof text === 'object') return [{ ...place, ...notReadable(text) }];
  const now = text?.replace(/\0$/, '').trim();
  const row = { ...place, ...(now && { now }) } as const;
  if (now === undefined) {
    if (configured === 'unconfined') return [{ ...row, verdict: 'same', note: 'there is no AppArmor' }];
    return [{ ...row, verdict: 'unknown', note: 'the security module does not say' }];
  }
  if (now.replace(/ \(\w+\)$/, '') === configured) return [{ ...row, verdict: 'same' }];
  if (isCreated) return [{ ...row, verdict: 'noted', note: 'it takes effect when the container starts' }];
  return [{ ...row, verdict: 'drift', note: 'the process runs under another one' }];
}

/** Real, effective, saved and filesystem id. A program that logs somebody in changes its own. */
function userRow(status: string, config: Config | undefined): Row[] {
  const uid = statusField(status, 'Uid')?.split(/\s+/);
  const gid = statusField(status, 'Gid')?.split(/\s+/);
  if (uid === undefined || gid === undefined || config?.process === undefined) return [];
  const { uid: user = 0, gid: group = 0 } = config.process.user ?? {};
  const row = { section: 'process', name: 'user', pointer: '/process/user', configured: `${user}:${group}` } as const;
  const now = `${uid[1]}:${gid[1]}`;
  // of the host, where a user namespace maps it
  const mapped = (config.linux?.uidMappings ?? []).length > 0;
  if (now === row.configured) return [{ ...row, now, verdict: 'same' }];
  if (mapped) return [{ ...row, now, verdict: 'same', note: 'as the host sees it, outside of the user namespace' }];
  return [{ ...row, now, verdict: 'noted', note: 'the program has changed it' }];
}

/** What /proc/PID/status tells. proc_pid_status(5) */
function statusRows(init: InitProcess, record: ContainerRecord, config: Config | undefined, isCreated: boolean): Row[] {
  const status = readOf(init, 'status') ?? '';
  if (typeof status !== 'string')
    return [{ section: 'process', name: 'user, capabilities, seccomp', pointer: '/process', ...notReadable(status) }];
  return [
    ...userRow(status, config),
    ...capabilityRows(status, record),
    noNewPrivilegesRow(status, config),
    seccompRow(status, record, isCreated),
  ];
}

/** Attributes of init. */
export function processRows(
  init: InitProcess,
  record: ContainerRecord,
  config: Config | undefined,
  isCreated: boolean,
): Row[] {
  const limits = readOf(init, 'limits') ?? '';
  const { rlimits = [], apparmorProfile, selinuxLabel } = record.process;
  return [
    ...statusRows(init, record, config, isCreated),
    ...rlimits.map((rlimit, index) => rlimitRow(limits, rlimit, index)),
    ...oomScoreRow(init, record),
    ...labelRow(init, 'apparmorProfile', apparmorProfile, isCreated),
    ...labelRow(init, 'selinuxLabel', selinuxLabel, isCreated),
  ];
}
