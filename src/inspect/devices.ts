import { filteredDirectory, planDeviceFilter } from '../cgroup/device-filter.ts';
import { accessText, type DeviceList, deviceList } from '../cgroup/device-list.ts';
import { deviceRules, ruleText } from '../cgroup/device-rules.ts';
import { type CgroupDirectory, readControl, withCgroup } from '../cgroup/directory.ts';
import type { Native } from '../native/contract.ts';
import type { Config } from '../oci/types.ts';
import type { DeviceFilter } from '../plan/plan.ts';
import type { ContainerRecord } from '../state/record.ts';
import { type Finding, legible, notReadable, type Row, type Unreadable } from './row.ts';

const pointer = '/linux/resources/devices';

/** What devices.list reads of a list that allows unless told otherwise: its exceptions are not shown. security/device_cgroup.c */
const everything = 'a *:* rwm';

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** The lines of devices.list after the writes of create, in the kernel's words. */
function expectedLines({ allow, exceptions }: DeviceList): string[] {
  if (allow) return [everything];
  return exceptions.map((exception) => ruleText({ ...exception, access: accessText(exception.access) }));
}

function counted(lines: readonly string[]): string {
  if (lines.includes(everything)) return 'every device';
  return `${lines.length} ${lines.length === 1 ? 'rule' : 'rules'}`;
}

function compareLists(list: DeviceList, now: readonly string[]): Finding {
  const expected = expectedLines(list);
  const added = now.filter((line) => !expected.includes(line));
  const taken = expected.filter((line) => !now.includes(line));
  const notes = [
    ...(added.length === 0 ? [] : [`allowed behind the back of noci: ${added.join(', ')}`]),
    ...(taken.length === 0 ? [] : [`taken away: ${taken.join(', ')}`]),
  ];
  if (notes.length > 0) return { verdict: 'drift', note: notes.join('; ') };
  if (list.allow && list.exceptions.length > 0)
    return { verdict: 'same', note: 'what it denies is not to be read on version 1' };
  return { verdict: 'same' };
}

function readList(native: Native, path: string): string | Unreadable | undefined {
  return legible(() => withCgroup(native, path, (directory) => readControl(native, directory, 'devices.list')));
}

/** The rules that the controller of version 1 holds. cgroup-v1/devices.rst */
function listRow(native: Native, { path }: CgroupDirectory, config: Config | undefined): Row {
  const row = { section: 'cgroups', name: 'devices.list', pointer } as const;
  const text = readList(native, path);
  if (text === undefined) return { ...row, verdict: 'unknown', note: 'the cgroup is gone' };
  if (typeof text !== 'string') return { ...row, ...notReadable(text) };
  const now = linesOf(text);
  const both = { ...row, now: counted(now) };
  if (config === undefined) return { ...both, verdict: 'unknown', note: 'what was configured is not known any more' };
  const list = deviceList(deviceRules(config.linux?.resources?.devices ?? []));
  return { ...both, configured: counted(expectedLines(list)), ...compareLists(list, now) };
}

/** How create attaches it. linux/bpf.h */
const BPF_F_ALLOW_MULTI = 2;

type Programs = ReturnType<Native['devicePrograms']>;

function compareMissing({ optional }: DeviceFilter, { rootless }: ContainerRecord): Finding {
  if (rootless) return { verdict: 'same', note: 'none may be loaded in a user namespace' };
  if (optional) return { verdict: 'noted', note: 'there is none: it denied nothing' };
  return { verdict: 'drift', note: 'it was detached: every device is allowed' };
}

/** All that are attached are asked, and each can only deny. cgroup-v2.rst § Device controller; bpf(2) */
function comparePrograms(
  filter: DeviceFilter,
  own: string,
  { flags, tags }: Programs,
  record: ContainerRecord,
): Finding {
  if (tags.length === 0) return compareMissing(filter, record);
  if (!tags.includes(own)) return { verdict: 'drift', note: 'another program is in its place' };
  if (flags !== BPF_F_ALLOW_MULTI) return { verdict: 'drift', note: `it was attached in another way, flags ${flags}` };
  if (tags.length === 1) return { verdict: 'same' };
  // of DeviceAllow=, attached again at a daemon-reload
  if (record.cgroup.systemd !== undefined) return { verdict: 'noted', note: "systemd's own is beside it" };
  return { verdict: 'drift', note: 'another program is beside it, which can deny more' };
}

function programName(tags: readonly string[]): string {
  return tags.length === 0 ? 'none' : `program ${tags.join(', ')}`;
}

/** The program on the cgroup of version 2: the kernel's digest of its instructions tells whether it is the one that create attached. */
function programRow(
  native: Native,
  { path }: CgroupDirectory,
  record: ContainerRecord,
  config: Config | undefined,
): Row {
  const row = { section: 'cgroups', name: 'device program', pointer } as const;
  const programs = legible(() => withCgroup(native, path, (directory) => native.devicePrograms(directory)));
  if (programs === undefined) return { ...row, verdict: 'unknown', note: 'the cgroup is gone' };
  if ('unreadable' in programs) return { ...row, ...notReadable(programs) };
  const both = { ...row, now: programName(programs.tags) };
  if (config === undefined) return { ...both, verdict: 'unknown', note: 'what was configured is not known any more' };
  const filter = planDeviceFilter(record.cgroup.directories, config.linux?.resources?.devices ?? []) as DeviceFilter;
  const own = legible(() => native.deviceProgramTag(filter.program));
  if (typeof own !== 'string') return { ...both, ...notReadable(own) };
  return { ...both, configured: programName([own]), ...comparePrograms(filter, own, programs, record) };
}

/** The rules of devices that create has put in force. An update leaves them alone. */
export function deviceRows(native: Native, record: ContainerRecord, config: Config | undefined): Row[] {
  const { directories } = record.cgroup;
  const list = directories.find(({ controllers }) => controllers.includes('devices'));
  if (list?.version === 1) return [listRow(native, list, config)];
  const filtered = filteredDirectory(directories);
  return filtered === undefined ? [] : [programRow(native, filtered, record, config)];
}
