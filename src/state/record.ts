import type { Hook, LinuxResources } from '../oci/types.ts';
import type { CgroupPlan, ResctrlGroup, SeccompAgent } from '../plan/plan.ts';
import type { ProcessDefaults } from '../plan/process-defaults.ts';
import type { PairedLimits } from './limits.ts';

/** Written into every file of the state; a reader refuses what it does not know. */
export const recordVersion = 1;

/** A process that cannot be mistaken for another one: pids are used again, also after a reboot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** field 22 of proc_pid_stat(5), clock ticks since boot */
  readonly startTime: number;
  /** /proc/sys/kernel/random/boot_id */
  readonly bootId: string;
}

/** The container's cgroups, and systemd's unit for them: exactly what is removed with it. */
export type CgroupRecord = Pick<CgroupPlan, 'mode' | 'directories' | 'systemd'>;

/** What both files of the state hold: enough to stop a container and to remove every trace of it. */
export interface Remains {
  readonly version: typeof recordVersion;
  readonly id: string;
  readonly bundle: string;
  readonly annotations: { readonly [name: string]: string };
  readonly cgroup: CgroupRecord;
  /** false: its processes outlive init, because the kernel ends only those of init's own pid namespace. pid_namespaces(7) */
  readonly privatePidNamespace: boolean;
  readonly poststop: readonly Hook[];
  /** absent without linux.intelRdt */
  readonly resctrl?: ResctrlGroup;
}

/**
 * `creating.json`: on disk before the first kernel object exists and gone when `state.json` is there. From it alone a create
 * that was killed can be undone. `init` appears before init is told to do anything.
 */
export interface Intent extends Remains {
  readonly init?: ProcessIdentity;
}

/** `state.json`: what later commands need and cannot find out; they come without the flags and the environment of the first. */
export interface ContainerRecord extends Remains {
  readonly rootfs: string;
  /** RFC 3339 with nanoseconds, UTC */
  readonly created: string;
  readonly init: ProcessIdentity;
  /** CLONE_NEW* of the namespaces that it does not share with the runtime: those that `exec` joins */
  readonly namespaces: number;
  readonly noNewKeyring: boolean;
  readonly process: ProcessDefaults;
  readonly poststart: readonly Hook[];
  readonly systemdCgroup: boolean;
  readonly rootless: boolean;
  /** absent without any */
  readonly limits?: PairedLimits;
  /** what updates have changed, all together; absent without any */
  readonly updated?: LinuxResources;
  /** absent without a filter of system calls; its program is a file of its own (state/seccomp.ts) */
  readonly seccomp?: SeccompRecord;
}

/** What a process of `exec` needs to get the container's filter, but for the program. */
export interface SeccompRecord {
  /** SECCOMP_FILTER_FLAG_* */
  readonly flags: number;
  readonly agent?: SeccompAgent;
}
