import { notifyEntries } from './notify.ts';
import type { PlanOptions } from './plan.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

function nameOf(entry: string): string {
  const end = entry.indexOf('=');
  return end < 0 ? entry : entry.slice(0, end);
}

/** Of entries with the same name the last one stays, where it stands. */
export function withoutDuplicates(entries: readonly string[]): string[] {
  const last = new Map(entries.map((entry, index) => [nameOf(entry), index]));
  return entries.filter((entry, index) => last.get(nameOf(entry)) === index);
}

/** sd_listen_fds(3): the container's process is pid 1 of its namespace, whatever the caller's LISTEN_PID said. */
function listenEntries({ listenFds, listenFdNames }: PlanOptions): string[] {
  if (listenFds === 0) return [];
  const names = listenFdNames === '' ? [] : [`LISTEN_FDNAMES=${listenFdNames}`];
  return [`LISTEN_FDS=${listenFds}`, 'LISTEN_PID=1', ...names];
}

/** `process.env`. Init adds HOME from the container's /etc/passwd when it is missing. */
export const environment: Planner = (input) => {
  const { process, options } = input;
  const added = [...listenEntries(options), ...notifyEntries(input)];
  const entries = withoutDuplicates([...(process.env ?? []), ...added]);
  return [planned({ step: 'environment', entries, uid: process.user?.uid ?? 0 }, '/process/env')];
};
