import { everyCpu } from './affinity.ts';
import { joinCgroup } from './cgroup-join.ts';
import { cwd } from './cwd.ts';
import { devices, devSymlinks, pseudoterminals } from './devices.ts';
import { createContainerHooks, runtimeHooks, startContainerHooks } from './hooks.ts';
import { domainname, hostname } from './hostname.ts';
import { sessionKeyring } from './keyring.ts';
import { maskedPaths, readonlyPaths } from './masked-paths.ts';
import { mounts, readonlyMounts } from './mounts.ts';
import { joinNamespaces, loopback, unshareCgroup, unshareOwned } from './namespaces.ts';
import { netDevices } from './net-devices.ts';
import { notifyMount } from './notify.ts';
import { oomScoreAdj } from './oom-score-adj.ts';
import type { Planner } from './planner.ts';
import { always } from './planner.ts';
import { PROCESS_STEPS } from './process-steps.ts';
import { attachRoot, enterRoot, leaveRoot, rootPropagation, rootReadonly, switchRoot } from './rootfs.ts';
import { listenedSeccomp, unlistenedSeccomp } from './seccomp.ts';
import { apparmorProfile, keyringLabel, selinuxLabel } from './security-labels.ts';
import { execute, waitStart } from './start.ts';
import { stdioNull } from './stdio.ts';
import { sysctl } from './sysctl.ts';
import { controllingTerminal, terminal } from './terminal.ts';
import { newTimeNamespace } from './time-offsets.ts';
import { trace } from './trace.ts';
import { umask } from './user.ts';
import { becomeRoot } from './user-namespace.ts';

/**
 * THE ORDER of everything that init does for a new container. A line is one property of config.json; what it asks for is in
 * its own file, and a property that is absent asks for nothing.
 */
export const INIT_STEPS: readonly Planner[] = [
  trace, // first, so that every other step is timed
  becomeRoot, // as nobody it would have no right to what comes

  // ── the process itself, still in the host's file tree
  joinCgroup, // first: from here on its memory and CPU time are the container's
  everyCpu, // after the cgroup, whose cpuset bounds the mask
  oomScoreAdj, // here and next: through the host's /proc, which is gone once another mount namespace is joined
  newTimeNamespace,
  joinNamespaces,
  unshareOwned, // with a user namespace: the namespaces that belong to it
  unshareCgroup, // after the cgroup was joined, so that the namespace's root is the container's own cgroup
  always({ step: 'setsid' }), // no terminal of the caller's to push input into (CVE-2016-10124, CVE-2017-5226)
  keyringLabel,
  sessionKeyring,
  loopback, // before the hooks, which expect a network namespace in use
  netDevices, // likewise

  // ── the root filesystem: targets are resolved while no path can name the host's files
  attachRoot,
  enterRoot,
  mounts,
  notifyMount, // after the mounts: /run is usually one of them
  devices, // after the mounts: /dev is usually one of them
  pseudoterminals,
  devSymlinks,
  leaveRoot,

  // ── hooks: the mounts are made, the host's paths are still there. No code of the image has run
  runtimeHooks,
  createContainerHooks,
  switchRoot,

  // ── inside: "/" is the container's
  stdioNull, // needs the container's /dev/null; before anything can cover it
  // its master leaves before anything of the image could run; /dev/console is made while /dev is writable; and it comes
  // before the masks, which may cover /dev/pts: what is bound is the slave itself, whatever a path says (CVE-2025-52565)
  terminal,
  controllingTerminal,
  cwd, // before the umask and before anything becomes read-only: it may have to be made
  readonlyMounts, // tmpfs and /dev: everything was made in them
  hostname, // these three after the runtime's hooks: those may set up the network that a sysctl is about
  domainname,
  sysctl, // before the paths below, which are often in /proc/sys
  readonlyPaths,
  maskedPaths, // after the read-only ones: a path in both lists ends up masked. Nothing of the image's is mounted later
  rootPropagation, // after the two above: they bind, and an unbindable mount can not be the source of a bind
  rootReadonly, // last of all that touches the file tree
  umask,

  // after the hooks that init executes, since it is the next execve that gets them
  apparmorProfile,
  selinuxLabel,
  ...PROCESS_STEPS,
  listenedSeccomp, // while the runtime is there to hand the listener over

  // ── `create` ends, `start` begins
  always({ step: 'ready' }),
  waitStart,
  startContainerHooks,
  unlistenedSeccomp, // last of all: what init itself does needs no permission of the profile's
  execute,
];
