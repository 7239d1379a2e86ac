import type { Fd, InitProcess, Native, Poll, SeccompNotification } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from '../native/open-flags.ts';
import { POLLIN } from '../native/poll-events.ts';
import type { MadeFilter } from '../seccomp/filter.ts';
import { FLAGS, NEW_LISTENER } from '../seccomp/flags.ts';

/** SECCOMP_RET_USER_NOTIF of linux/seccomp.h */
const RET_USER_NOTIF = 0x7fc00000;

/** BPF_RET | BPF_K: the whole program, which asks about every call of every architecture. */
function askAlways(littleEndian: boolean): Uint8Array {
  const program = new Uint8Array(8);
  const view = new DataView(program.buffer);
  view.setUint16(0, 0x06, littleEndian);
  view.setUint32(4, RET_USER_NOTIF, littleEndian);
  return program;
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The filter of a container whose calls are recorded. Who waits for an answer is called away by nothing but its end, or a program with
 * timers would never get its call made (Linux 5.19).
 */
export const recordingFilter: MadeFilter = {
  program: askAlways(littleEndian),
  flags: NEW_LISTENER | FLAGS.SECCOMP_FILTER_FLAG_SPEC_ALLOW | FLAGS.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
  agent: { path: '', metadata: '' },
  keep: undefined,
  unknown: [],
};

/** A system call that was made. */
export type RecordedCall = Pick<SeccompNotification, 'arch' | 'number'>;

/** Records the calls of a container. */
export interface Recorder {
  /** the host to run it on: wherever the runtime waits, it lets calls go on */
  readonly native: Native;
  /** what was recorded until now */
  calls(): RecordedCall[];
  /** whether there were more than are kept */
  overflown(): boolean;
  /** what was not: names of calls by which init waits for `start`, when that is under the filter. A recorded container is run at once */
  unrecorded(): readonly string[];
}

/** addon/init/steps/wait_start.cc; what else init does while it waits it can do without. */
const waitingForStart: readonly string[] = ['epoll_create1', 'epoll_ctl', 'epoll_pwait'];

/** Some times what all architectures of a machine have: what makes calls that nobody has must not fill the memory of the runtime. */
const mostCalls = 4096;

/** How often it is looked whether init has a listener yet, in milliseconds: it says so by a call that waits for an answer itself. */
const look = 1;

/** What /proc/PID/fd calls it. */
const listenerName = 'anon_inode:seccomp notify';

/**
 * A recorder of what a container's processes do. `isExecve` tells the call by which init becomes the container's process. A profile is in
 * force from there on, when it is loaded with no_new_privs, else already while init takes its credentials.
 */
export function createRecorder(native: Native, isExecve: (call: RecordedCall) => boolean): Recorder {
  const calls = new Map<string, RecordedCall>();
  let init: InitProcess | undefined;
  let listener: Fd | undefined;
  let early = false;
  let keeping = false;
  let overflown = false;

  const keep = (call: RecordedCall) => {
    const key = `${call.arch} ${call.number}`;
    if (calls.has(key)) return;
    if (calls.size === mostCalls) overflown = true;
    else calls.set(key, call);
  };

  const take = () => {
    if (listener === undefined) return;
    const notification = native.seccompReceive(listener);
    if (notification === undefined) return;
    const { id, pid, arch, number } = notification;
    if (pid === init?.pid && isExecve(notification)) keeping = true;
    if (keeping) keep({ arch, number });
    native.seccompContinue(listener, id);
  };

  /** poll(2) of `fds` that answers meanwhile. */
  const poll = (fds: readonly Poll[], timeout: number): number[] => {
    const deadline = timeout < 0 ? undefined : native.monotonic() + BigInt(timeout) * 1_000_000n;
    for (;;) {
      if (listener === undefined && init !== undefined) listener = findListener(native, init);
      const waiting = listener === undefined && init !== undefined;
      const left = deadline === undefined ? -1 : Math.max(0, Number((deadline - native.monotonic()) / 1_000_000n));
      const patience = waiting && (left < 0 || left > look) ? look : left;
      const own = listener === undefined || listener < 0 ? [] : [{ fd: listener, events: POLLIN }];
      const seen = native.poll([...fds, ...own], patience);
      const asked = own.length === 0 ? 0 : (seen[fds.length] as number);
      if ((asked & POLLIN) !== 0) take();
      // the last process under the filter has gone
      else if (asked !== 0) listener = -1;
      const mine = seen.slice(0, fds.length);
      if (mine.some((events) => events !== 0)) return mine;
      if (deadline !== undefined && native.monotonic() >= deadline) return mine;
    }
  };

  return {
    native: {
      ...native,
      poll,
      spawnInit: (options) => {
        init = native.spawnInit(options);
        return init;
      },
      sendPlan: (socket, steps) => {
        early = steps.some((step) => step.step === 'seccomp' && step.late === 2);
        native.sendPlan(socket, steps);
      },
      receive: (socket, timeout) => {
        const [ready = 0] = poll([{ fd: socket, events: POLLIN }], timeout);
        return ready === 0 ? undefined : native.receive(socket, timeout);
      },
      reply: (socket, ok) => {
        // from the answer on that it is in force init does what it does under any filter
        if (listener !== undefined && early) keeping = true;
        native.reply(socket, ok);
      },
    },
    calls: () => [...calls.values()],
    overflown: () => overflown,
    unrecorded: () => (early ? waitingForStart : []),
  };
}

/** A copy of init's listener; undefined as long as it has none. */
function findListener(native: Native, { pid, pidfd }: InitProcess): Fd | undefined {
  try {
    const listing = native.open(AT_FDCWD, `/proc/${pid}/fd`, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    try {
      for (const { name } of native.readdir(listing))
        if (/^\d+$/.test(name) && native.readlink(listing, name) === listenerName)
          return native.pidfdGetfd(pidfd, Number(name));
    } finally {
      native.close(listing);
    }
  } catch (error) {
    // it has ended, or an fd was closed meanwhile
    if (!isErrno(error, 'ENOENT', 'ESRCH', 'EBADF', 'EACCES')) throw error;
  }
  return undefined;
}
