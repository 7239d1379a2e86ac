import { finalAffinity, initialAffinity } from './affinity.ts';
import { type ExecPlanner, enterCgroups, enterRootDirectory, forkProcess, joinContainer } from './join.ts';
import { sessionKeyring } from './keyring.ts';
import { oomScoreAdj } from './oom-score-adj.ts';
import { always } from './planner.ts';
import { PROCESS_STEPS } from './process-steps.ts';
import { lateSeccomp } from './seccomp.ts';
import { apparmorProfile, keyringLabel, selinuxLabel } from './security-labels.ts';
import { execute } from './start.ts';
import { stdioNullInside } from './stdio.ts';
import { controllingTerminal, execTerminal } from './terminal.ts';
import { trace } from './trace.ts';
import { configuredUmask } from './user.ts';

/**
 * THE ORDER of everything that init does for a process of `exec`: what init-steps.ts has, without what makes a container. There
 * is no step `ready`: nobody but the runtime waits for this process, and it does so until the execve.
 */
export const EXEC_STEPS: readonly ExecPlanner[] = [
  trace, // first, so that every other step is timed

  // ── the process itself, still in the host's file tree
  initialAffinity, // before the cgroup, as its name says
  enterCgroups,
  finalAffinity,
  oomScoreAdj, // through the host's /proc, which is gone once another mount namespace is joined

  // before anything of the container is joined: it is the host that decides what they are (CVE-2015-1334)
  apparmorProfile,
  selinuxLabel,
  keyringLabel,

  // ── into the container. From here on nothing in the file tree is to be trusted
  enterRootDirectory,
  joinContainer, // after everything that is held open for it; nothing of the host's is open when it is done
  sessionKeyring,
  stdioNullInside,
  execTerminal, // in the container's devpts, by a process that nobody in the container can see
  configuredUmask,

  ...PROCESS_STEPS,

  // ── from here on the container's root can see and signal it: nothing is left that it had not itself
  forkProcess,
  always({ step: 'setsid' }), // no terminal of the caller's to push input into (CVE-2016-10124, CVE-2017-5226)
  controllingTerminal,
  lateSeccomp,
  execute,
];
