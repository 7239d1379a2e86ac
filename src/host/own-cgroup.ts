/** The cgroup of a process in one hierarchy. cgroups(7), /proc/[pid]/cgroup */
export interface OwnCgroup {
  /** v1: controllers of the hierarchy, e.g. ['cpu', 'cpuacct'] or ['name=systemd']; v2: [] */
  readonly controllers: readonly string[];
  /** absolute, seen from the root of the cgroup namespace, e.g. /user.slice */
  readonly path: string;
}

/** The kernel appends this to the path of a cgroup that was removed while the process was in it. */
const deleted = ' (deleted)';

function parseLine(line: string): OwnCgroup | undefined {
  // hierarchy-ID:controller-list:cgroup-path; only the path may hold further colons.
  const first = line.indexOf(':');
  const second = line.indexOf(':', first + 1);
  if (first < 0 || second < 0) return undefined;
  const controllers = line.slice(first + 1, second);
  const path = line.slice(second + 1);
  return {
    controllers: controllers === '' ? [] : controllers.split(','),
    path: path.endsWith(deleted) ? path.slice(0, -deleted.length) : path,
  };
}

/** Reads the text of /proc/[pid]/cgroup. */
export function parseOwnCgroups(text: string): OwnCgroup[] {
  return text
    .split('\n')
    .map(parseLine)
    .filter((own) => own !== undefined);
}

/** The path in the hierarchy of the given v1 controller, or in the v2 hierarchy for ''. */
export function ownPath(own: readonly OwnCgroup[], controller: string): string | undefined {
  const found = own.find(({ controllers }) =>
    controller === '' ? controllers.length === 0 : controllers.includes(controller),
  );
  return found?.path;
}
