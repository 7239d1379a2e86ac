import type { Native } from '../native/contract.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { inUserNamespace } from '../native/user-namespace.ts';
import { probeCgroups } from './hierarchies.ts';
import { readMountinfo } from './mountinfo.ts';
import { hasApparmor, hasSelinux } from './security-modules.ts';

/** One cgroup hierarchy that is mounted on the host. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** v1: the controllers of the hierarchy, e.g. ['cpu', 'cpuacct'], or ['name=systemd']; v2: cgroup.controllers of its root */
  readonly controllers: readonly string[];
  /** where it is mounted, e.g. /sys/fs/cgroup/memory or /sys/fs/cgroup/unified or /sys/fs/cgroup */
  readonly mountpoint: string;
  /** the runtime's own cgroup in it, absolute from the mount's root, e.g. / or /user.slice */
  readonly own: string;
}

/** What one probe of the kernel found; everything that the plan may depend on. */
export interface HostFacts {
  readonly euid: number;
  readonly egid: number;
  /** inside a user namespace that is not the initial one */
  readonly inUserNamespace: boolean;
  /** setgroups(2) is allowed: not where somebody without privileges has made the user namespace alone. user_namespaces(7) */
  readonly setgroups: boolean;
  readonly cgroup: {
    readonly mode: 'v1' | 'hybrid' | 'v2' | 'none';
    readonly hierarchies: readonly Hierarchy[];
  };
  /** mask of the capabilities that the runtime's bounding set holds (what can be given to a container) */
  readonly boundingSet: bigint;
  readonly apparmor: boolean;
  readonly selinux: boolean;
  /** where resctrl is mounted; undefined: nowhere */
  readonly resctrl: string | undefined;
  /** the kernel has /proc/kcore (CONFIG_PROC_KCORE): then /dev/core may lead to it */
  readonly kcore: boolean;
  /** release of uname(2) */
  readonly kernelRelease: string;
}

/** Linux 3.19 */
function deniesGroups(native: Native): boolean {
  return native.readText(AT_FDCWD, '/proc/self/setgroups', 64).trim() === 'deny';
}

/** The value of `probe`, asked for at the first call only. */
function once<T>(probe: () => T): () => T {
  let answer: { readonly value: T } | undefined;
  return () => {
    answer ??= { value: probe() };
    return answer.value;
  };
}

/**
 * The facts of this host. Nothing is asked of the kernel before somebody reads the property, and then once: a config without
 * capabilities costs no prctl(2), and `state` never looks at cgroup mounts.
 */
export function probeHost(native: Native): HostFacts {
  const euid = once(() => native.geteuid());
  const egid = once(() => native.getegid());
  const user = once(() => inUserNamespace(native));
  const setgroups = once(() => !user() || !deniesGroups(native));
  const cgroup = once(() => probeCgroups(native));
  const boundingSet = once(() => native.boundingSet());
  const apparmor = once(() => hasApparmor(native));
  const selinux = once(() => hasSelinux(native));
  const resctrl = once(() => readMountinfo(native, ['resctrl']).find(({ root }) => root === '/')?.mountpoint);
  const kcore = once(() => native.stat(AT_FDCWD, '/proc/kcore', 0) !== undefined);
  const kernelRelease = once(() => native.uname().release);
  return {
    get euid() {
      return euid();
    },
    get egid() {
      return egid();
    },
    get inUserNamespace() {
      return user();
    },
    get setgroups() {
      return setgroups();
    },
    get cgroup() {
      return cgroup();
    },
    get boundingSet() {
      return boundingSet();
    },
    get apparmor() {
      return apparmor();
    },
    get selinux() {
      return selinux();
    },
    get resctrl() {
      return resctrl();
    },
    get kcore() {
      return kcore();
    },
    get kernelRelease() {
      return kernelRelease();
    },
  };
}
