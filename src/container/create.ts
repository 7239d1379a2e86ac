import { checkCgroup } from '../cgroup/create.ts';
import { destroyCgroups, enterCgroups, prepareCgroups } from '../cgroup/driver.ts';
import { watchOomKills } from '../cgroup/oom-kills.ts';
import { describeRefusal } from '../cgroup/refusal.ts';
import type { Fd, InitProcess, Native } from '../native/contract.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import type { Config } from '../oci/types.ts';
import { joinGroup, makeGroup, removeGroup } from '../resctrl/group.ts';
import { type ContainerDirectory, closeDirectory, removeDirectory, reserveDirectory } from '../state/directory.ts';
import { leaveLastWord } from '../state/last-word.ts';
import { lockTimeout } from '../state/lock.ts';
import type { ContainerRecord, Intent } from '../state/record.ts';
import { createRoot } from '../state/root.ts';
import { saveProgram } from '../state/seccomp.ts';
import { saveIntent, stateFile } from '../state/store.ts';
import { markCgroup } from './cgroup-mark.ts';
import { closeConsole, type Terminal } from './console.ts';
import type { Creation } from './creation.ts';
import { startPrefix } from './explain-failure.ts';
import { holdWarnings } from './held-warnings.ts';
import { mapIds } from './id-maps.ts';
import { leadInit, releaseInit } from './lead-init.ts';
import { type Notify, openNotify } from './notify.ts';
import { phases } from './phases.ts';
import { type CreateRequest, prepare } from './prepare.ts';
import { remainsOf } from './remains.ts';
import type { Report } from './report.ts';
import { openPlan, recordInit, sendPlan, spawnInit } from './start-init.ts';
import { createUndo } from './undo.ts';

/** A container that has just been made: `created`, or running when it was not to wait. The caller closes the fds. */
export interface Created {
  /** locked */
  readonly directory: ContainerDirectory;
  readonly record: ContainerRecord;
  readonly config: Config;
  readonly pidfd: Fd;
  /** to be relayed by who stays */
  readonly terminal: Terminal | undefined;
  /** it runs, and somebody waits until it is ready */
  readonly notify: Notify | undefined;
}

/**
 * Makes a container from a bundle: runtime.md § Lifecycle, steps 1 to 5. All or nothing: when this throws, nothing of it is
 * left; when the runtime is killed on the way, `delete --force` removes what is left, from the intent alone.
 */
export function createContainer(native: Native, request: CreateRequest, report: Report): Created {
  const phase = phases(native, report);
  const warnings = holdWarnings(report);
  const prepared = prepare(native, request, warnings, phase);
  const undo = createUndo();
  try {
    const created = make({ native, request, prepared, report: warnings, phase, undo });
    undo.release();
    warnings.release();
    return created;
  } catch (error) {
    phase('undo', () => undo.run(report));
    throw error;
  } finally {
    closeConsole(native, prepared.console);
  }
}

function make(creation: Creation): Created {
  const directory = creation.phase('reserve', () => reserve(creation));
  try {
    return makeIn(creation, directory);
  } catch (error) {
    const { pointer, message } = error instanceof Failure ? error : { pointer: '', message: String(error) };
    leaveLastWord(creation.native, directory, { pointer, message });
    throw error;
  }
}

function makeIn(creation: Creation, directory: ContainerDirectory): Created {
  const { phase } = creation;
  // before the intent: what that names is removed, with the processes in it
  phase('check cgroup', () => checkCgroup(creation.native, creation.prepared.plan.cgroup));
  const intent = phase('intent', () => writeIntent(creation, directory));
  phase('cgroup', () => makeCgroup(creation));
  makeResctrl(creation);
  // as early as can be: init starts on another CPU meanwhile
  const init = phase('spawn init', () => spawnInit(creation, directory));
  const identity = phase('identify init', () => recordInit(creation, directory, intent, init));
  joinResctrl(creation, init);
  const wasOomKilled = phase('enter cgroup', () => enterCgroup(creation, init));
  markCgroup(creation, directory, intent.cgroup);
  mapIds(creation, init);
  const opened = phase('open', () => openPlan(creation, directory, init));
  keepFilter(creation, directory);
  const notify = listen(creation, directory);
  phase('send plan', () => sendPlan(creation, init, opened));
  const led = phase('handshake', () => leadInit(creation, directory, init, identity, wasOomKilled));
  phase('release', () => releaseInit(creation, init));
  return { directory, config: creation.prepared.bundle.config, ...led, pidfd: init.pidfd, notify };
}

function reserve({ native, request, undo }: Creation): ContainerDirectory {
  const root = createRoot(native, request.root, request.rootSticky);
  const directory = reserveDirectory(native, root, request.id, lockTimeout);
  undo.add('remove state', () => {
    removeDirectory(native, directory, stateFile);
    closeDirectory(native, directory);
  });
  return directory;
}

function writeIntent({ native, request, prepared }: Creation, directory: ContainerDirectory): Intent {
  const intent = remainsOf(request, prepared);
  saveIntent(native, directory, intent);
  return intent;
}

function makeCgroup({ native, prepared, undo }: Creation): void {
  const { cgroup } = prepared.plan;
  // before init is there: it ends first
  undo.add('remove cgroup', () => destroyCgroups(native, cgroup));
  configureCgroup(() => prepareCgroups(native, cgroup));
}

function makeResctrl({ native, prepared: { resctrl }, undo, phase }: Creation): void {
  if (resctrl === undefined) return;
  undo.add('remove resctrl group', () => removeGroup(native, resctrl.group));
  phase('resctrl', () => makeGroup(native, resctrl));
}

function joinResctrl({ native, prepared: { resctrl } }: Creation, { pid }: InitProcess): void {
  if (resctrl !== undefined) joinGroup(native, resctrl.group, pid);
}

/** init holds nothing and waits for its plan. Returns what tells later whether it was killed for want of memory. */
function enterCgroup({ native, prepared }: Creation, { pid }: InitProcess): () => boolean {
  const { cgroup } = prepared.plan;
  const wasOomKilled = watchOomKills(native, cgroup);
  configureCgroup(() => enterCgroups(native, cgroup, pid));
  return wasOomKilled;
}

/** For `exec`, which gets the same one, and for the next container with the same profile. */
function keepFilter({ native, prepared: { seccomp }, phase }: Creation, directory: ContainerDirectory): void {
  if (seccomp === undefined) return;
  phase('keep filter', () => {
    saveProgram(native, directory, seccomp.program);
    seccomp.keep?.(directory.root);
  });
}

/** `create` leaves it to `start`. */
function listen({ native, request, prepared, report }: Creation, directory: ContainerDirectory): Notify | undefined {
  return prepared.notify && request.start === 'reply' ? openNotify(native, directory, report) : undefined;
}

function configureCgroup(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const cause = describeRefusal(error);
    throw new Failure(`${startPrefix}unable to apply cgroup configuration: ${cause}`, '/linux/cgroupsPath', {
      cause: error,
    });
  }
}
