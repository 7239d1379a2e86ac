import type { Native } from '../../native/contract.ts';
import type { Mount } from '../../oci/types.ts';
import { clean, resolve } from '../../plan/path.ts';
import type { Bundle } from '../bundle.ts';
import { isBind } from '../mount-kind.ts';
import { type Problem, problem } from '../problem.ts';
import { filesystemOf } from './filesystem.ts';
import type { HostCheck } from './host-check.ts';

/** PROC_SUPER_MAGIC; statfs(2) */
const PROC_SUPER_MAGIC = 0x9fa0;

/** What engines bind is a file, and so is most of what has a suffix: a directory in its place would make it worse. */
const looksLikeFile = /\/(hosts|hostname|[^/]+\.[^/]+)$/;

/** The cause is in the problem already. */
function withCure({ pointer, message }: Problem, source: string): Problem {
  if (!message.endsWith(' is missing')) return problem(pointer, message);
  const making = looksLikeFile.test(source) ? 'make it' : `mkdir -p ${source}`;
  return problem(pointer, `${message}; ${making} on the host, or take the entry out`);
}

function checkSource(native: Native, bundle: Bundle, mount: Mount, index: number): Problem[] {
  if (!isBind(mount) || mount.options?.includes('remount')) return [];
  const source = resolve(bundle.path, mount.source ?? '');
  const place = `/mounts/${index}/source`;
  const filesystem = filesystemOf(native, source, `mount source "${source}" of ${`/mounts/${index}`}`, place);
  if (typeof filesystem === 'object') return [withCure(filesystem, source)];
  if (clean(`/${mount.destination}`) !== '/proc' || filesystem === PROC_SUPER_MAGIC) return [];
  return [problem(place, `"${mount.destination}" cannot be mounted because it is not of type proc`)];
}

/** The sources of bind mounts are there, and what is bound to /proc is a procfs (CVE-2019-19921). */
export const checkMountSources: HostCheck = (native, bundle) =>
  (bundle.config.mounts ?? []).flatMap((mount, index) => checkSource(native, bundle, mount, index));
