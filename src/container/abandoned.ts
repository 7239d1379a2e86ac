import { listProcesses } from '../cgroup/processes.ts';
import type { Native, Stat } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { AT_EMPTY_PATH, AT_FDCWD } from '../native/open-flags.ts';
import { weakened } from '../native/weakened.ts';
import type { ContainerDirectory } from '../state/directory.ts';
import type { ContainerRecord, Intent } from '../state/record.ts';
import { hasIntent, loadIntent, loadRecord } from '../state/store.ts';
import { isOfThisBoot, openProcess } from './process-identity.ts';

/** What is left of a container: of one that existed, of a create that was killed, or nothing that says what it was. */
export type Left = ContainerRecord | Intent | undefined;

/** Why nobody uses it any more, or why it is left alone. */
export type Finding =
  | { readonly abandoned: true; readonly why: string; readonly left: Left; readonly earlierBoot: boolean }
  /** `stopped`: it only may be in use still */
  | { readonly abandoned: false; readonly why: string; readonly stopped: ContainerRecord | undefined };

function kept(why: string, stopped?: ContainerRecord): Finding {
  return { abandoned: false, why, stopped };
}

function abandoned(why: string, left: Left, earlierBoot = false): Finding {
  return { abandoned: true, why, left, earlierBoot };
}

/**
 * Whether a container's directory is what a crash has left. Its lock must be the caller's, so that no command is at work on it. It has to
 * prove that it is the runtime's own: by a valid record, or by holding nothing but what a create makes before there is one.
 * Throws a Failure for a record that is none.
 */
export function judge(native: Native, directory: ContainerDirectory): Finding {
  const problem = distrust(native, directory);
  if (problem !== '') return kept(problem);
  const record = loadRecord(native, directory);
  if (record !== undefined) return judgeContainer(native, directory, record);
  const intent = loadIntent(native, directory);
  return intent === undefined ? judgeNameless(native, directory) : judgeIntent(native, intent);
}

/** As the root itself: what is obeyed must be nobody else's. */
function distrust(native: Native, { fd }: ContainerDirectory): string {
  WEAKENED: if (weakened('S81')) return '';
  const { uid, mode } = native.stat(fd, '', AT_EMPTY_PATH) as Stat;
  if (uid !== native.geteuid()) return `its directory is owned by uid ${uid}`;
  return (mode & 0o022) === 0 ? '' : 'its directory is writable by others';
}

function judgeContainer(native: Native, directory: ContainerDirectory, record: ContainerRecord): Finding {
  if (isAlive(native, record)) return kept('it is in use');
  if (!isOfThisBoot(native, record.init)) return abandoned('it is of an earlier boot', record, true);
  const users = listProcesses(native, record.cgroup);
  if (users.length > 0) return kept(`process ${users[0]} is in its cgroup`);
  // both files: killed between making it known and saying so to its init, which has died of that
  if (hasIntent(native, directory)) return abandoned('its create was killed', record);
  if (native.stat(AT_FDCWD, record.bundle, 0) === undefined)
    return abandoned('it has stopped, and its bundle is gone', record);
  return kept('it has stopped: its engine may still ask for it', record);
}

function judgeIntent(native: Native, intent: Intent): Finding {
  if (intent.init !== undefined && !isOfThisBoot(native, intent.init))
    return abandoned('its create was killed in an earlier boot', intent, true);
  // it dies with its creator, at once unless it is frozen
  if (isAlive(native, intent)) return kept('its create was killed, and its init is still there');
  const users = listProcesses(native, intent.cgroup);
  if (users.length > 0) return kept(`its create was killed, and process ${users[0]} is in its cgroup`);
  return abandoned('its create was killed', intent);
}

/** What create makes, in the first moments and in the last ones of a delete. */
const own: readonly string[] = ['creating.json.new', 'state.json.new', 'exec.fifo', 'seccomp.bpf', 'notify'];

/** The mode that a container's directory is given, and nothing else in a state root has. */
const ownMode = 0o711;

function judgeNameless(native: Native, { fd }: ContainerDirectory): Finding {
  WEAKENED: if (weakened('S81')) return abandoned('nobody knows', undefined);
  const names = native.readdir(fd).map(({ name }) => name);
  const others = names.filter((name) => name !== '.' && name !== '..' && !own.includes(name));
  if (others.length > 0) return kept('it has no record, and holds what no runtime has made');
  const { mode } = native.stat(fd, '', AT_EMPTY_PATH) as Stat;
  if ((mode & 0o7777) !== ownMode) return kept('it has no record, and the mode of a directory of others');
  return abandoned('its create or delete was killed before or after it had a record', undefined);
}

function isAlive(native: Native, { init }: ContainerRecord | Intent): boolean {
  const pidfd = init === undefined ? undefined : openProcess(native, init);
  if (pidfd !== undefined) native.close(pidfd);
  return pidfd !== undefined;
}

/** A record that cannot be read proves nothing. */
export function judgeSafely(native: Native, directory: ContainerDirectory): Finding {
  try {
    return judge(native, directory);
  } catch (error) {
    if (error instanceof Failure) return kept(error.message);
    throw error;
  }
}
