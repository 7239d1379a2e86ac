import type { Fd, InitStep } from '../native/contract.ts';
import type { Idmap } from './idmap.ts';
import type { NamespaceEntry } from './namespaces.ts';

/**
 * How the runtime opens an fd that a step needs. The plan is made without opening anything, so it holds recipes;
 * `container/open.ts` follows them after the cgroup exists and before init is started.
 */
export type FdRecipe =
  /** open_tree(OPEN_TREE_CLONE) of a host path: a detached mount */
  | { readonly open: 'tree'; readonly path: string; readonly recursive: boolean; readonly idmap?: Idmap }
  /** the root filesystem as a detached tree: O_NOFOLLOW, see container/open.ts */
  | { readonly open: 'rootfs'; readonly path: string }
  /** O_PATH|O_DIRECTORY|O_NOFOLLOW of a host directory */
  | { readonly open: 'directory'; readonly path: string }
  /** a namespace file; must be an nsfs file of type `type` (CLONE_NEW*) */
  | { readonly open: 'namespace'; readonly path: string; readonly type: number }
  /** a detached mount of the host's device node at `path`: a character or block device (S_IFMT bits in `type`) of these numbers */
  | {
      readonly open: 'device';
      readonly path: string;
      readonly type: number;
      readonly major: number;
      readonly minor: number;
    }
  /** a file of cgroupfs, O_WRONLY */
  | { readonly open: 'control'; readonly path: string }
  /** the exec fifo of the container, O_RDONLY|O_NONBLOCK */
  | { readonly open: 'fifo' }
  /** the directory `notify` of the container's state, as a detached mount */
  | { readonly open: 'notify' }
  /** open already: what names a running container cannot be named twice */
  | { readonly open: 'held'; readonly fd: Fd };

/** One step and the place in config.json that asks for it ('' when the runtime itself does). */
export interface PlannedStep {
  readonly pointer: string;
  readonly run: InitStep<FdRecipe>;
  /** what an errno of the step means in this config, where that is more than the kernel says */
  readonly refusals?: Readonly<Record<string, string>>;
}

/** The filter of system calls that the container's processes get. */
export interface SeccompFilter {
  /** struct sock_filter, 8 bytes each */
  readonly program: Uint8Array;
  /** SECCOMP_FILTER_FLAG_* */
  readonly flags: number;
  /** who answers calls that the filter asks about */
  readonly agent?: SeccompAgent;
}

/** A listener of `linux.seccomp.listenerPath`. */
export interface SeccompAgent {
  /** absolute path of its socket */
  readonly path: string;
  /** opaque text for it, '' for none */
  readonly metadata: string;
}

/** One write of a cgroup limit, in order. `file` is absolute; `pointer` names the property. */
export interface ControlWrite {
  readonly file: string;
  readonly value: string;
  readonly pointer: string;
  /** written when the kernel has no `file`, e.g. that of another i/o scheduler */
  readonly otherwise?: { readonly file: string; readonly value: string };
  /** a kernel without the file does what the value asks for anyway, or cannot be asked for it */
  readonly optional?: boolean;
  /** the kernel compares it with a value that comes behind: when it says EINVAL, it is tried again behind all others of the cgroup */
  readonly retried?: boolean;
  /** an errno by which the kernel says that the value is of no effect now */
  readonly tolerated?: string;
  /** nothing is written while this file of the cgroup says as much as one of the limits, in bytes */
  readonly usage?: {
    readonly file: string;
    readonly bounds: readonly { readonly name: string; readonly limit: bigint }[];
  };
}

/** The program that decides on devices in a v2 cgroup. */
export interface DeviceFilter {
  /** the cgroup's directory */
  readonly path: string;
  /** instructions of eBPF, 8 bytes each, for BPF_PROG_TYPE_CGROUP_DEVICE */
  readonly program: Uint8Array;
  /** nothing is denied, so that a host which cannot load it may do without */
  readonly optional: boolean;
  /** '' when there are no rules and it is about what every container gets */
  readonly pointer: string;
}

/** Who manages the container's v2 cgroup from inside. */
export interface CgroupOwner {
  /** the cgroup's directory */
  readonly path: string;
  /** on the host */
  readonly uid: number;
  /** the mount that may be written */
  readonly pointer: string;
}

/** The value of a property of a systemd unit, as D-Bus has it: 64 bits are a bigint, `ay` is bytes, a struct is an array. */
export type PropertyValue = number | bigint | string | boolean | Uint8Array | readonly PropertyValue[];

/** One property of a systemd unit. org.freedesktop.systemd1(5) */
export interface UnitProperty {
  readonly name: string;
  /** D-Bus type of the value */
  readonly signature: string;
  readonly value: PropertyValue;
  /** the value instead when the container's v2 cgroup has this file */
  readonly whereThere?: { readonly file: string; readonly value: PropertyValue };
  /** the place in config.json that asks for it, '' when the runtime itself does */
  readonly pointer: string;
}

/** A socket behind which systemd is: its own, or that of a bus. */
export interface SystemdEndpoint {
  readonly kind: 'private' | 'bus';
  readonly path: string;
}

/** The unit that holds a container's cgroups: all that is needed to find it again. */
export interface SystemdUnit {
  readonly unit: string;
  readonly instance: 'system' | 'user';
  /** in the order in which they are tried */
  readonly endpoints: readonly SystemdEndpoint[];
}

/** Where the container's cgroups are and what is written there. */
export interface CgroupPlan {
  readonly mode: 'v1' | 'hybrid' | 'v2' | 'none';
  /** absolute directories to create, one per hierarchy; the runtime removes exactly these */
  readonly directories: readonly {
    readonly version: 1 | 2;
    readonly controllers: readonly string[];
    readonly mountpoint: string;
    readonly path: string;
  }[];
  readonly limits: readonly ControlWrite[];
  /** absent where a v1 controller keeps the rules of devices, or nothing can */
  readonly devices?: DeviceFilter;
  /** absent where the cgroup stays with the user who makes it */
  readonly owner?: CgroupOwner;
  /** with the systemd driver only */
  readonly systemd?: SystemdUnit;
  /** what systemd is asked for with the unit, but for the process in it */
  readonly unitProperties?: readonly UnitProperty[];
}

/** Where a container is in resctrl: what is joined, and what is removed with it. */
export interface ResctrlGroup {
  /** where resctrl is mounted */
  readonly root: string;
  /** directory of the class of service */
  readonly directory: string;
  /** it was made for the container */
  readonly made: boolean;
  /** directory of the container's monitoring group, '' for none */
  readonly monitoring: string;
}

/** One file of init's folder in procfs that the runtime writes, in order, before init gets its plan. user_namespaces(7) */
export interface ProcessWrite {
  readonly file: 'oom_score_adj' | 'setgroups' | 'gid_map' | 'uid_map';
  readonly value: string;
  readonly pointer: string;
  /** writes it for those who may not; newuidmap(1) */
  readonly program?: 'newuidmap' | 'newgidmap';
}

/** Everything that create and run do, as data. */
export interface ContainerPlan {
  /** CLONE_NEW* for clone3 */
  readonly cloneFlags: number;
  /** host path of a pid namespace to start in, or undefined */
  readonly pidNamespace: string | undefined;
  /** with a user namespace only: the namespaces that init is born in */
  readonly joined: readonly NamespaceEntry[];
  /** with a user namespace only */
  readonly processWrites: readonly ProcessWrite[];
  readonly cgroup: CgroupPlan;
  readonly steps: readonly PlannedStep[];
  /** texts for the log, e.g. unknown capabilities, ignored properties */
  readonly warnings: readonly string[];
}

/** What the command line adds to a bundle. */
export interface PlanOptions {
  readonly id: string;
  readonly noPivot: boolean;
  readonly noNewKeyring: boolean;
  /** 'fifo': create, waits for `start`; 'reply': run, goes on when `ready` is answered */
  readonly start: 'fifo' | 'reply';
  /** init tells how long each step took */
  readonly trace: boolean;
  /** number of preserved fds, for LISTEN_FDS */
  readonly listenFds: number;
  /** what the caller calls those, '' when it does not say */
  readonly listenFdNames: string;
  /** the caller waits for sd_notify(3) */
  readonly notify: boolean;
}
