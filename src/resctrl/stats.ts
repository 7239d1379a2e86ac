import type { Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from '../native/open-flags.ts';
import type { ResctrlGroup } from '../plan/plan.ts';

/** How much of the third-level cache there is to divide. Documentation/filesystems/resctrl.rst § info/L3 */
interface L3CacheInfo {
  readonly cbm_mask: string;
  readonly min_cbm_bits: number;
  readonly num_closids: number;
}

/** The same of the memory's bandwidth, in percent. */
interface MemBwInfo {
  readonly bandwidth_gran: number;
  readonly delay_linear: number;
  readonly min_bandwidth: number;
  readonly num_closids: number;
}

/** runc's keys and their order, for `events`; what this machine or this container does not have is left out. */
export interface ResctrlStats {
  readonly l3_cache_info?: L3CacheInfo;
  readonly l3_cache_schema_root?: string;
  readonly l3_cache_schema?: string;
  readonly mem_bw_info?: MemBwInfo;
  readonly mem_bw_schema_root?: string;
  readonly mem_bw_schema?: string;
  readonly schemata?: readonly string[];
  /** bytes since the group was made, one entry for each cache */
  readonly mbm_stats?: readonly { readonly mbm_total_bytes: number; readonly mbm_local_bytes: number }[];
  /** bytes in the cache now, one entry for each cache */
  readonly cmt_stats?: readonly { readonly llc_occupancy: number }[];
}

const largest = 1 << 20;

/** '' for a file that is not there: the kernel makes those alone that the hardware has a use for. */
function read(native: Native, path: string): string {
  try {
    return native.readText(AT_FDCWD, path, largest).trim();
  } catch (error) {
    // EIO and ENOENT: a group that is being removed
    if (isErrno(error, 'ENOENT', 'EIO')) return '';
    throw error;
  }
}

/** A counter may say "Unavailable" or "Error": it counts nothing then. */
function readNumber(native: Native, path: string): number {
  const number = Number(read(native, path));
  return Number.isNaN(number) ? 0 : number;
}

function schemataOf(native: Native, directory: string): string[] {
  return read(native, `${directory}/schemata`)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function lineOf(lines: readonly string[], resource: 'L3' | 'MB'): string {
  return lines.find((line) => line.startsWith(resource)) ?? '';
}

/** mon_L3_00, mon_L3_01 …: a folder for each cache. */
function monitored(native: Native, directory: string): string[] {
  const folder = `${directory}/mon_data`;
  if (native.stat(AT_FDCWD, folder, 0) === undefined) return [];
  const fd = native.open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  try {
    const names = native.readdir(fd).map(({ name }) => name);
    return names
      .filter((name) => name.startsWith('mon_L3_'))
      .sort()
      .map((name) => `${folder}/${name}`);
  } finally {
    native.close(fd);
  }
}

function cacheStats(native: Native, root: string, lines: readonly string[]): ResctrlStats {
  const info = `${root}/info/L3`;
  const mask = read(native, `${info}/cbm_mask`);
  if (mask === '') return {};
  return {
    l3_cache_info: {
      cbm_mask: mask,
      min_cbm_bits: readNumber(native, `${info}/min_cbm_bits`),
      num_closids: readNumber(native, `${info}/num_closids`),
    },
    l3_cache_schema_root: lineOf(schemataOf(native, root), 'L3'),
    l3_cache_schema: lineOf(lines, 'L3'),
  };
}

function bandwidthStats(native: Native, root: string, lines: readonly string[]): ResctrlStats {
  const info = `${root}/info/MB`;
  if (read(native, `${info}/min_bandwidth`) === '') return {};
  return {
    mem_bw_info: {
      bandwidth_gran: readNumber(native, `${info}/bandwidth_gran`),
      delay_linear: readNumber(native, `${info}/delay_linear`),
      min_bandwidth: readNumber(native, `${info}/min_bandwidth`),
      num_closids: readNumber(native, `${info}/num_closids`),
    },
    mem_bw_schema_root: lineOf(schemataOf(native, root), 'MB'),
    mem_bw_schema: lineOf(lines, 'MB'),
  };
}

/** A counter is listed when the hardware has it. */
function counters(native: Native, caches: readonly string[]): ResctrlStats {
  const has = (name: string): boolean =>
    caches.some((cache) => native.stat(AT_FDCWD, `${cache}/${name}`, 0) !== undefined);
  const each = (name: string) => (cache: string) => readNumber(native, `${cache}/${name}`);
  const total = each('mbm_total_bytes');
  const local = each('mbm_local_bytes');
  const occupancy = each('llc_occupancy');
  return {
    ...((has('mbm_total_bytes') || has('mbm_local_bytes')) && {
      mbm_stats: caches.map((cache) => ({ mbm_total_bytes: total(cache), mbm_local_bytes: local(cache) })),
    }),
    ...(has('llc_occupancy') && { cmt_stats: caches.map((cache) => ({ llc_occupancy: occupancy(cache) })) }),
  };
}

/** What resctrl says of a container's group; nothing for a container without one. */
export function readResctrl(native: Native, group: ResctrlGroup | undefined): ResctrlStats {
  if (group === undefined) return {};
  const { root, directory, monitoring } = group;
  const lines = schemataOf(native, directory);
  return {
    ...cacheStats(native, root, lines),
    ...bandwidthStats(native, root, lines),
    ...(lines.length > 0 && { schemata: lines }),
    ...counters(native, monitored(native, monitoring === '' ? directory : monitoring)),
  };
}
