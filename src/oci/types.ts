// Generated from schemas/ by build/schemas.mjs: change the schemas, then run `node build/schemas.mjs --types`.
//
// An integer that may exceed 2^53 is `number | bigint`: the strict JSON parser delivers a bigint where a number is not exact.

/** runtime-spec 1.3.0, config.md: the configuration of a container, the file config.json of a bundle */
export interface Config {
  /** config.md § Specification version: the version that the bundle complies with */
  readonly ociVersion: string;
  /** config.md § Root: the root filesystem */
  readonly root?: Root;
  /** config.md § Mounts: mounts beyond the root, in this order */
  readonly mounts?: readonly Mount[];
  /** config.md § Process: the container process */
  readonly process?: Process;
  /** config.md § Hostname */
  readonly hostname?: string;
  /** config.md § Domainname */
  readonly domainname?: string;
  /** config.md § POSIX-platform Hooks */
  readonly hooks?: Hooks;
  /** config.md § Annotations */
  readonly annotations?: Readonly<Record<string, string>>;
  /** config.md § Platform-specific configuration: Linux */
  readonly linux?: Linux;
  /** config.md § Platform-specific configuration: FreeBSD */
  readonly freebsd?: FreeBSD;
  /** config.md § Platform-specific configuration: Solaris */
  readonly solaris?: Solaris;
  /** config.md § Platform-specific configuration: virtual machines */
  readonly vm?: VM;
  /** config.md § Platform-specific configuration: Windows */
  readonly windows?: Windows;
  /** config.md § Platform-specific configuration: z/OS */
  readonly zos?: ZOS;
}

/** config.md § Root: the root filesystem of the container */
export interface Root {
  /** absolute, or relative to the bundle */
  readonly path: string;
  /** the root filesystem is read-only inside the container, false by default */
  readonly readonly?: boolean;
}

/** config.md § Mounts */
export interface Mount {
  /** path inside the container */
  readonly destination: string;
  /** device name, file or folder of a bind mount (absolute, or relative to the bundle), or a dummy */
  readonly source?: string;
  /** config.md § Linux mount options */
  readonly options?: readonly string[];
  /** filesystem type, a dummy for a bind mount */
  readonly type?: string;
  /** user ids of the source as the mount shows them */
  readonly uidMappings?: readonly LinuxIDMapping[];
  /** group ids of the source as the mount shows them */
  readonly gidMappings?: readonly LinuxIDMapping[];
}

/** config.md § Process: a process of the container, also what exec takes */
export interface Process {
  /** a terminal is attached, false by default */
  readonly terminal?: boolean;
  /** size of the terminal */
  readonly consoleSize?: Box;
  /** working directory, an absolute path */
  readonly cwd: string;
  /** environment, NAME=value */
  readonly env?: readonly string[];
  /** the executable and its arguments */
  readonly args?: readonly string[];
  /** the whole command line, on Windows */
  readonly commandLine?: string;
  /** config.md § User */
  readonly user?: User;
  /** config.md § POSIX process: resource limits */
  readonly rlimits?: readonly POSIXRlimit[];
  /** config.md § Linux Process: capability sets */
  readonly capabilities?: LinuxCapabilities;
  /** config.md § Linux Process: execve(2) grants nothing */
  readonly noNewPrivileges?: boolean;
  /** config.md § Linux Process: name of the AppArmor profile */
  readonly apparmorProfile?: string;
  /** config.md § Linux Process: SELinux label */
  readonly selinuxLabel?: string;
  /** config.md § Linux Process: value of /proc/[pid]/oom_score_adj */
  readonly oomScoreAdj?: number | bigint;
  /** config.md § Linux Process: scheduling policy */
  readonly scheduler?: Scheduler;
  /** config.md § Linux Process: I/O priority */
  readonly ioPriority?: LinuxIOPriority;
  /** config.md § Linux Process: CPUs of a process that exec starts */
  readonly execCPUAffinity?: CPUAffinity;
}

/** config.md § Process: size of a terminal in characters */
export interface Box {
  /** rows */
  readonly height: number | bigint;
  /** columns */
  readonly width: number | bigint;
}

/** config.md § User */
export interface User {
  /** user id in the container */
  readonly uid?: number;
  /** group id in the container */
  readonly gid?: number;
  /** umask(2), in decimal */
  readonly umask?: number;
  /** further group ids in the container */
  readonly additionalGids?: readonly number[];
  /** user name, on Windows */
  readonly username?: string;
}

/** config.md § POSIX process: a resource limit, see getrlimit(2) */
export interface POSIXRlimit {
  /** the resource, as RLIMIT_NOFILE */
  readonly type: string;
  /** the limit that is enforced */
  readonly soft: number | bigint;
  /** the ceiling of the soft limit */
  readonly hard: number | bigint;
}

/** config.md § Linux Process: the capability sets of capabilities(7), names as CAP_CHOWN */
export interface LinuxCapabilities {
  /** bounding set */
  readonly bounding?: readonly string[];
  /** permitted set */
  readonly permitted?: readonly string[];
  /** effective set */
  readonly effective?: readonly string[];
  /** inheritable set */
  readonly inheritable?: readonly string[];
  /** ambient set */
  readonly ambient?: readonly string[];
}

/** config.md § Linux Process: what sched_setattr(2) is given */
export interface Scheduler {
  /** scheduling policy */
  readonly policy: LinuxSchedulerPolicy;
  /** nice value, 0 by default */
  readonly nice?: number;
  /** static priority of SCHED_FIFO and SCHED_RR, 0 by default */
  readonly priority?: number;
  /** scheduling flags */
  readonly flags?: readonly LinuxSchedulerFlag[];
  /** SCHED_DEADLINE: nanoseconds to run in a period */
  readonly runtime?: number | bigint;
  /** SCHED_DEADLINE: nanoseconds until done */
  readonly deadline?: number | bigint;
  /** SCHED_DEADLINE: nanoseconds of a period */
  readonly period?: number | bigint;
}

/** config.md § Linux Process: what ioprio_set(2) is given */
export interface LinuxIOPriority {
  /** I/O scheduling class */
  readonly class: IOPriorityClass;
  /** level in the class, from 0 (highest) to 7 */
  readonly priority?: number;
}

/** config.md § Linux Process: I/O scheduling class */
export type IOPriorityClass = 'IOPRIO_CLASS_RT' | 'IOPRIO_CLASS_BE' | 'IOPRIO_CLASS_IDLE';

/** config.md § Linux Process: CPU lists, as 0-3,7 */
export interface CPUAffinity {
  /** CPUs before the process is in the cgroup of the container */
  readonly initial?: string;
  /** CPUs once it is there */
  readonly final?: string;
}

/** config.md § POSIX-platform Hooks: programs that run at points of the lifecycle */
export interface Hooks {
  /** deprecated: before createRuntime, in the runtime namespace */
  readonly prestart?: readonly Hook[];
  /** during create, before pivot_root(2), in the runtime namespace */
  readonly createRuntime?: readonly Hook[];
  /** during create, before pivot_root(2), in the container namespace */
  readonly createContainer?: readonly Hook[];
  /** during start, before the container process, in the container namespace */
  readonly startContainer?: readonly Hook[];
  /** after the container process is started, in the runtime namespace */
  readonly poststart?: readonly Hook[];
  /** after the container is deleted, in the runtime namespace */
  readonly poststop?: readonly Hook[];
}

/** config.md § POSIX-platform Hooks: a program that gets the state of the container on its stdin */
export interface Hook {
  /** absolute path of the program */
  readonly path: string;
  /** argv, the program's name included */
  readonly args?: readonly string[];
  /** environment, NAME=value */
  readonly env?: readonly string[];
  /** seconds until the hook is aborted */
  readonly timeout?: number | bigint;
}

/** runtime-spec 1.3.0, config-linux.md: the Linux section of the configuration */
export interface Linux {
  /** config-linux.md § Namespaces: new ones, or ones to join by path */
  readonly namespaces?: readonly LinuxNamespace[];
  /** config-linux.md § User namespace mappings: user ids */
  readonly uidMappings?: readonly LinuxIDMapping[];
  /** config-linux.md § User namespace mappings: group ids */
  readonly gidMappings?: readonly LinuxIDMapping[];
  /** config-linux.md § Offset for Time Namespace */
  readonly timeOffsets?: LinuxTimeOffsets;
  /** config-linux.md § Devices: devices that must be in the container */
  readonly devices?: readonly LinuxDevice[];
  /** config-linux.md § Network Devices: interfaces of the host to move into the container, by name */
  readonly netDevices?: Readonly<Record<string, LinuxNetDevice>>;
  /** config-linux.md § Cgroups Path */
  readonly cgroupsPath?: string;
  /** config-linux.md § Control groups: limits */
  readonly resources?: LinuxResources;
  /** config-linux.md § Rootfs Mount Propagation */
  readonly rootfsPropagation?: LinuxRootfsPropagation;
  /** config-linux.md § Seccomp */
  readonly seccomp?: LinuxSeccomp;
  /** config-linux.md § Sysctl: kernel parameters by name */
  readonly sysctl?: Readonly<Record<string, string>>;
  /** config-linux.md § Masked Paths: absolute paths that cannot be read */
  readonly maskedPaths?: readonly string[];
  /** config-linux.md § Readonly Paths: absolute paths that cannot be written */
  readonly readonlyPaths?: readonly string[];
  /** config-linux.md § Mount Label: SELinux context of the mounts */
  readonly mountLabel?: string;
  /** config-linux.md § IntelRdt */
  readonly intelRdt?: LinuxIntelRdt;
  /** config-linux.md § Memory Policy */
  readonly memoryPolicy?: LinuxMemoryPolicy;
  /** config-linux.md § Personality */
  readonly personality?: LinuxPersonality;
}

/** config-linux.md § Offset for Time Namespace: by clock, see time_namespaces(7) */
export interface LinuxTimeOffsets {
  /** CLOCK_BOOTTIME */
  readonly boottime?: LinuxTimeOffset;
  /** CLOCK_MONOTONIC */
  readonly monotonic?: LinuxTimeOffset;
}

/** config-linux.md § Offset for Time Namespace: offset of a clock in the container */
export interface LinuxTimeOffset {
  /** seconds */
  readonly secs?: number | bigint;
  /** nanoseconds */
  readonly nanosecs?: number;
}

/** config-linux.md § Control groups: limits of the container, also what update takes */
export interface LinuxResources {
  /** config-linux.md § Allowed Device list: rules, applied in this order */
  readonly devices?: readonly LinuxDeviceCgroup[];
  /** config-linux.md § Memory */
  readonly memory?: LinuxMemory;
  /** config-linux.md § CPU */
  readonly cpu?: LinuxCPU;
  /** config-linux.md § PIDs */
  readonly pids?: LinuxPids;
  /** config-linux.md § Block IO */
  readonly blockIO?: LinuxBlockIO;
  /** config-linux.md § Huge page limits */
  readonly hugepageLimits?: readonly LinuxHugepageLimit[];
  /** config-linux.md § Network */
  readonly network?: LinuxNetwork;
  /** config-linux.md § RDMA: limits by device */
  readonly rdma?: Readonly<Record<string, LinuxRdma>>;
  /** config-linux.md § Unified: cgroup v2 files and what is written to them */
  readonly unified?: Readonly<Record<string, string>>;
}

/** config-linux.md § Memory: limits in bytes, -1 for none */
export interface LinuxMemory {
  /** memory usage */
  readonly limit?: number | bigint;
  /** soft limit of memory usage */
  readonly reservation?: number | bigint;
  /** memory and swap usage together */
  readonly swap?: number | bigint;
  /** not recommended: kernel memory */
  readonly kernel?: number | bigint;
  /** not recommended: TCP buffer memory of the kernel */
  readonly kernelTCP?: number | bigint;
  /** vm.swappiness of the cgroup, from 0 to 100 */
  readonly swappiness?: number | bigint;
  /** processes over the limit wait instead of being killed */
  readonly disableOOMKiller?: boolean;
  /** child cgroups share the limits */
  readonly useHierarchy?: boolean;
  /** a new limit below the current usage is refused */
  readonly checkBeforeUpdate?: boolean;
}

/** config-linux.md § CPU: the controllers cpu and cpuset */
export interface LinuxCPU {
  /** relative share of CPU time */
  readonly shares?: number | bigint;
  /** microseconds to run in a period */
  readonly quota?: number | bigint;
  /** microseconds saved up that may be run beyond the quota */
  readonly burst?: number | bigint;
  /** microseconds of a period */
  readonly period?: number | bigint;
  /** microseconds to run in a period of the realtime scheduler */
  readonly realtimeRuntime?: number | bigint;
  /** microseconds of a period of the realtime scheduler */
  readonly realtimePeriod?: number | bigint;
  /** list of CPUs, as 0-3,7 */
  readonly cpus?: string;
  /** list of memory nodes, as 0-3,7 */
  readonly mems?: string;
  /** 1 for the weight of SCHED_IDLE, 0 for the default */
  readonly idle?: number | bigint;
}

/** config-linux.md § PIDs: the controller pids */
export interface LinuxPids {
  /** how many tasks the cgroup may hold */
  readonly limit: number | bigint;
}

/** config-linux.md § Block IO: the controller blkio or io */
export interface LinuxBlockIO {
  /** weight on every device without one of its own */
  readonly weight?: number;
  /** the same against the child cgroups */
  readonly leafWeight?: number;
  /** weights by device */
  readonly weightDevice?: readonly LinuxWeightDevice[];
  /** bytes read per second */
  readonly throttleReadBpsDevice?: readonly LinuxThrottleDevice[];
  /** bytes written per second */
  readonly throttleWriteBpsDevice?: readonly LinuxThrottleDevice[];
  /** reads per second */
  readonly throttleReadIOPSDevice?: readonly LinuxThrottleDevice[];
  /** writes per second */
  readonly throttleWriteIOPSDevice?: readonly LinuxThrottleDevice[];
}

/** config-linux.md § Huge page limits: the controller hugetlb */
export interface LinuxHugepageLimit {
  /** size of the pages, as 2MB */
  readonly pageSize: string;
  /** bytes in pages of that size */
  readonly limit: number | bigint;
}

/** config-linux.md § Network: the controllers net_cls and net_prio */
export interface LinuxNetwork {
  /** class that packets are tagged with */
  readonly classID?: number;
  /** priorities by interface */
  readonly priorities?: readonly LinuxInterfacePriority[];
}

/** config-linux.md § Seccomp: the system call filter */
export interface LinuxSeccomp {
  /** action where no rule matches */
  readonly defaultAction: LinuxSeccompAction;
  /** errno of the default action, EPERM by default */
  readonly defaultErrnoRet?: number;
  /** system call ABIs that the filter covers */
  readonly architectures?: readonly Arch[];
  /** flags of seccomp(2) */
  readonly flags?: readonly LinuxSeccompFlag[];
  /** socket that SCMP_ACT_NOTIFY's descriptor is sent to */
  readonly listenerPath?: string;
  /** opaque text for whoever listens there */
  readonly listenerMetadata?: string;
  /** rules */
  readonly syscalls?: readonly LinuxSyscall[];
}

/** config-linux.md § IntelRdt: the resctrl filesystem */
export interface LinuxIntelRdt {
  /** class of service, the container's id by default */
  readonly closID?: string;
  /** lines for the file schemata, written last */
  readonly schemata?: readonly string[];
  /** line for the L3 cache */
  readonly l3CacheSchema?: string;
  /** line for the memory bandwidth */
  readonly memBwSchema?: string;
  /** a monitoring group of the container's own */
  readonly enableMonitoring?: boolean;
}

/** config-linux.md § Memory Policy: what set_mempolicy(2) is given */
export interface LinuxMemoryPolicy {
  /** memory policy */
  readonly mode?: MemoryPolicyModeType;
  /** list of memory nodes, as 0-3,7 */
  readonly nodes?: string;
  /** flags of the mode */
  readonly flags?: readonly MemoryPolicyFlagType[];
}

/** config-linux.md § Personality: what personality(2) is given */
export interface LinuxPersonality {
  /** execution domain */
  readonly domain?: LinuxPersonalityDomain;
  /** none is defined yet */
  readonly flags?: readonly string[];
}

/** config-linux.md § Namespaces: see namespaces(7) */
export type LinuxNamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';

/** config-linux.md § Namespaces */
export interface LinuxNamespace {
  /** kind of namespace */
  readonly type: LinuxNamespaceType;
  /** namespace to join; a new one is made without it */
  readonly path?: string;
}

/** config-linux.md § Devices: a device node of the container */
export interface LinuxDevice {
  /** c and u for a character device, b for a block device, p for a FIFO */
  readonly type: string;
  /** absolute path inside the container */
  readonly path: string;
  /** major number */
  readonly major?: number | bigint;
  /** minor number */
  readonly minor?: number | bigint;
  /** mode as of mknod(2), the file type included or not. A uint32 as the text of the spec says, not at most 511 as its schema does: podman writes 8630 */
  readonly fileMode?: number;
  /** owner in the container */
  readonly uid?: number;
  /** group in the container */
  readonly gid?: number;
}

/** config-linux.md § Network Devices: an interface of the host that moves into the container */
export interface LinuxNetDevice {
  /** name inside the container, the same by default */
  readonly name?: string;
}

/** config-linux.md § Allowed Device list: a rule of the devices controller */
export interface LinuxDeviceCgroup {
  /** the rule allows or denies */
  readonly allow: boolean;
  /** a for all, c for character devices, b for block devices; a by default */
  readonly type?: string;
  /** major number, all by default */
  readonly major?: number | bigint;
  /** minor number, all by default */
  readonly minor?: number | bigint;
  /** letters of r (read), w (write) and m (mknod) */
  readonly access?: string;
}

/** config-linux.md § Block IO: weight on a device */
export interface LinuxWeightDevice {
  /** major number */
  readonly major: number | bigint;
  /** minor number */
  readonly minor: number | bigint;
  /** weight of the cgroup */
  readonly weight?: number;
  /** the same against the child cgroups */
  readonly leafWeight?: number;
}

/** config-linux.md § Block IO: rate limit on a device */
export interface LinuxThrottleDevice {
  /** major number */
  readonly major: number | bigint;
  /** minor number */
  readonly minor: number | bigint;
  /** bytes or operations per second */
  readonly rate?: number | bigint;
}

/** config-linux.md § Network: priority of what leaves through an interface */
export interface LinuxInterfacePriority {
  /** interface in the runtime namespace */
  readonly name: string;
  /** priority */
  readonly priority: number;
}

/** config-linux.md § RDMA: limits on a device */
export interface LinuxRdma {
  /** how many hca_handles */
  readonly hcaHandles?: number;
  /** how many hca_objects */
  readonly hcaObjects?: number;
}

/** config-linux.md § Rootfs Mount Propagation. The recursive names are not in the spec; containerd writes them and runc takes them */
export type LinuxRootfsPropagation =
  | 'shared'
  | 'slave'
  | 'private'
  | 'unbindable'
  | 'rshared'
  | 'rslave'
  | 'rprivate'
  | 'runbindable';

/** config-linux.md § Seccomp: system call ABI, named as in libseccomp */
export type Arch =
  | 'SCMP_ARCH_X86'
  | 'SCMP_ARCH_X86_64'
  | 'SCMP_ARCH_X32'
  | 'SCMP_ARCH_ARM'
  | 'SCMP_ARCH_AARCH64'
  | 'SCMP_ARCH_LOONGARCH64'
  | 'SCMP_ARCH_M68K'
  | 'SCMP_ARCH_MIPS'
  | 'SCMP_ARCH_MIPS64'
  | 'SCMP_ARCH_MIPS64N32'
  | 'SCMP_ARCH_MIPSEL'
  | 'SCMP_ARCH_MIPSEL64'
  | 'SCMP_ARCH_MIPSEL64N32'
  | 'SCMP_ARCH_PPC'
  | 'SCMP_ARCH_PPC64'
  | 'SCMP_ARCH_PPC64LE'
  | 'SCMP_ARCH_S390'
  | 'SCMP_ARCH_S390X'
  | 'SCMP_ARCH_SH'
  | 'SCMP_ARCH_SHEB'
  | 'SCMP_ARCH_PARISC'
  | 'SCMP_ARCH_PARISC64'
  | 'SCMP_ARCH_RISCV64';

/** config-linux.md § Seccomp: flag of seccomp(2) */
export type LinuxSeccompFlag =
  | 'SECCOMP_FILTER_FLAG_TSYNC'
  | 'SECCOMP_FILTER_FLAG_LOG'
  | 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'
  | 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV';

/** config-linux.md § Seccomp: what happens to a system call */
export type LinuxSeccompAction =
  | 'SCMP_ACT_KILL'
  | 'SCMP_ACT_KILL_PROCESS'
  | 'SCMP_ACT_KILL_THREAD'
  | 'SCMP_ACT_TRAP'
  | 'SCMP_ACT_ERRNO'
  | 'SCMP_ACT_TRACE'
  | 'SCMP_ACT_ALLOW'
  | 'SCMP_ACT_LOG'
  | 'SCMP_ACT_NOTIFY';

/** config-linux.md § Seccomp: how an argument is compared */
export type LinuxSeccompOperator =
  | 'SCMP_CMP_NE'
  | 'SCMP_CMP_LT'
  | 'SCMP_CMP_LE'
  | 'SCMP_CMP_EQ'
  | 'SCMP_CMP_GE'
  | 'SCMP_CMP_GT'
  | 'SCMP_CMP_MASKED_EQ';

/** config-linux.md § Seccomp: a rule for system calls */
export interface LinuxSyscall {
  /** names of the system calls, at least one */
  readonly names: readonly string[];
  /** what happens */
  readonly action: LinuxSeccompAction;
  /** errno of the action, EPERM by default */
  readonly errnoRet?: number;
  /** conditions on the arguments */
  readonly args?: readonly LinuxSeccompArg[];
}

/** config-linux.md § Seccomp: condition on an argument */
export interface LinuxSeccompArg {
  /** which argument, from 0 */
  readonly index: number;
  /** value, the mask of SCMP_CMP_MASKED_EQ */
  readonly value: number | bigint;
  /** value of SCMP_CMP_MASKED_EQ */
  readonly valueTwo?: number | bigint;
  /** how the argument is compared */
  readonly op: LinuxSeccompOperator;
}

/** config-linux.md § Memory Policy: mode of set_mempolicy(2) */
export type MemoryPolicyModeType =
  | 'MPOL_DEFAULT'
  | 'MPOL_BIND'
  | 'MPOL_INTERLEAVE'
  | 'MPOL_WEIGHTED_INTERLEAVE'
  | 'MPOL_PREFERRED'
  | 'MPOL_PREFERRED_MANY'
  | 'MPOL_LOCAL';

/** config-linux.md § Memory Policy: flag of set_mempolicy(2) */
export type MemoryPolicyFlagType = 'MPOL_F_NUMA_BALANCING' | 'MPOL_F_RELATIVE_NODES' | 'MPOL_F_STATIC_NODES';

/** config-linux.md § Personality: execution domain */
export type LinuxPersonalityDomain = 'LINUX' | 'LINUX32';

/** config.md § Linux Process: policy of sched_setattr(2) */
export type LinuxSchedulerPolicy =
  | 'SCHED_OTHER'
  | 'SCHED_FIFO'
  | 'SCHED_RR'
  | 'SCHED_BATCH'
  | 'SCHED_ISO'
  | 'SCHED_IDLE'
  | 'SCHED_DEADLINE';

/** config.md § Linux Process: flag of sched_setattr(2) */
export type LinuxSchedulerFlag =
  | 'SCHED_FLAG_RESET_ON_FORK'
  | 'SCHED_FLAG_RECLAIM'
  | 'SCHED_FLAG_DL_OVERRUN'
  | 'SCHED_FLAG_KEEP_POLICY'
  | 'SCHED_FLAG_KEEP_PARAMS'
  | 'SCHED_FLAG_UTIL_CLAMP_MIN'
  | 'SCHED_FLAG_UTIL_CLAMP_MAX';

/** config-linux.md § User namespace mappings: a range of user or group ids */
export interface LinuxIDMapping {
  /** first id in the container */
  readonly containerID: number;
  /** first id on the host, which containerID stands for */
  readonly hostID: number;
  /** how many ids are mapped */
  readonly size: number;
}

/** runtime-spec 1.3.0, runtime.md § State: the state of a container, as the command state prints it and hooks read it */
export interface State {
  /** version that the state complies with */
  readonly ociVersion: string;
  /** id of the container */
  readonly id: string;
  /** where the container is in its lifecycle */
  readonly status: ContainerState;
  /** id of the container process, as the host sees it */
  readonly pid?: number | bigint;
  /** absolute path of the bundle */
  readonly bundle: string;
  /** annotations of the container */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** runtime.md § State: status of a container */
export type ContainerState = 'creating' | 'created' | 'running' | 'stopped';

/** config-linux.md § The Container Process State: what a seccomp agent is sent */
export interface ContainerProcessState {
  /** version that the document complies with */
  readonly ociVersion: string;
  /** names of the descriptors that come with it */
  readonly fds?: readonly string[];
  /** id of the container process, as the runtime sees it */
  readonly pid: number | bigint;
  /** listenerMetadata of the seccomp section */
  readonly metadata?: string;
  /** state of the container */
  readonly state: State;
}

/** runtime-spec 1.3.0, features.md: what a runtime says that it implements */
export interface Features {
  /** features.md § Specification version: oldest version that is recognized */
  readonly ociVersionMin: string;
  /** features.md § Specification version: newest version that is recognized */
  readonly ociVersionMax: string;
  /** features.md § Hooks: names of hooks */
  readonly hooks?: readonly string[];
  /** features.md § Mount Options: names of mount options */
  readonly mountOptions?: readonly string[];
  /** features.md § Platform-specific features: Linux */
  readonly linux?: LinuxFeatures;
  /** features.md § Annotations: metadata of the runtime */
  readonly annotations?: Readonly<Record<string, string>>;
  /** features.md § Unsafe annotations: annotations of config.json that change what the runtime does; one that ends with a dot stands for all that begin with it */
  readonly potentiallyUnsafeConfigAnnotations?: readonly string[];
}

/** runtime-spec 1.3.0, features-linux.md: the Linux section of the features */
export interface LinuxFeatures {
  /** features-linux.md § Namespaces */
  readonly namespaces?: readonly LinuxNamespaceType[];
  /** features-linux.md § Capabilities */
  readonly capabilities?: readonly string[];
  /** features-linux.md § Cgroup */
  readonly cgroup?: CgroupFeatures;
  /** features-linux.md § Seccomp */
  readonly seccomp?: SeccompFeatures;
  /** features-linux.md § AppArmor */
  readonly apparmor?: EnabledFeature;
  /** features-linux.md § SELinux */
  readonly selinux?: EnabledFeature;
  /** features-linux.md § Intel RDT */
  readonly intelRdt?: IntelRdtFeatures;
  /** features-linux.md § Memory Policy */
  readonly memoryPolicy?: MemoryPolicyFeatures;
  /** features-linux.md § MountExtensions */
  readonly mountExtensions?: MountExtensionsFeatures;
  /** features-linux.md § Net Devices */
  readonly netDevices?: EnabledFeature;
}

/** features-linux.md: a feature that is there or is not */
export interface EnabledFeature {
  /** the runtime supports it */
  readonly enabled?: boolean;
}

/** features-linux.md § Cgroup */
export interface CgroupFeatures {
  /** cgroup v1 */
  readonly v1?: boolean;
  /** cgroup v2 */
  readonly v2?: boolean;
  /** cgroups by the systemd of the system */
  readonly systemd?: boolean;
  /** cgroups by the systemd of a user */
  readonly systemdUser?: boolean;
  /** controller rdma */
  readonly rdma?: boolean;
}

/** features-linux.md § Seccomp */
export interface SeccompFeatures {
  /** the runtime supports seccomp */
  readonly enabled?: boolean;
  /** actions that are recognized */
  readonly actions?: readonly LinuxSeccompAction[];
  /** operators that are recognized */
  readonly operators?: readonly LinuxSeccompOperator[];
  /** architectures that are recognized */
  readonly archs?: readonly Arch[];
  /** flags that are recognized */
  readonly knownFlags?: readonly LinuxSeccompFlag[];
  /** flags that are recognized and supported */
  readonly supportedFlags?: readonly LinuxSeccompFlag[];
}

/** features-linux.md § Intel RDT */
export interface IntelRdtFeatures {
  /** the runtime supports Intel RDT */
  readonly enabled?: boolean;
  /** linux.intelRdt.schemata is supported */
  readonly schemata?: boolean;
  /** linux.intelRdt.enableMonitoring is supported */
  readonly monitoring?: boolean;
}

/** features-linux.md § Memory Policy */
export interface MemoryPolicyFeatures {
  /** modes that are recognized */
  readonly modes?: readonly string[];
  /** flags that are recognized */
  readonly flags?: readonly string[];
}

/** features-linux.md § MountExtensions */
export interface MountExtensionsFeatures {
  /** mounts with uidMappings and gidMappings */
  readonly idmap?: EnabledFeature;
}

/** runtime-spec 1.3.0, config-freebsd.md: the FreeBSD section of the configuration */
export interface FreeBSD {
  /** config-freebsd.md § Devices */
  readonly devices?: readonly FreeBSDDevice[];
  /** config-freebsd.md § Jail */
  readonly jail?: FreeBSDJail;
}

/** config-freebsd.md § Jail: parameters of jail(8) */
export interface FreeBSDJail {
  /** name of the parent jail */
  readonly parent?: string;
  /** hostname, domainname, hostuuid and hostid */
  readonly host?: FreeBSDSharingNoDisable;
  /** IPv4 */
  readonly ip4?: FreeBSDSharing;
  /** IPv4 addresses */
  readonly ip4Addr?: readonly string[];
  /** IPv6 */
  readonly ip6?: FreeBSDSharing;
  /** IPv6 addresses */
  readonly ip6Addr?: readonly string[];
  /** network stack */
  readonly vnet?: FreeBSDSharingNoDisable;
  /** interface that the addresses are added to */
  readonly interface?: string;
  /** interfaces that move into the network stack */
  readonly vnetInterfaces?: readonly string[];
  /** System V messages */
  readonly sysvmsg?: FreeBSDSharing;
  /** System V semaphores */
  readonly sysvsem?: FreeBSDSharing;
  /** System V shared memory */
  readonly sysvshm?: FreeBSDSharing;
  /** which mounts are visible */
  readonly enforceStatfs?: number;
  /** what the jail may do */
  readonly allow?: FreeBSDJailAllow;
}

/** config-freebsd.md § Jail: what the jail may do */
export interface FreeBSDJailAllow {
  /** change its hostname */
  readonly setHostname?: boolean;
  /** use raw sockets */
  readonly rawSockets?: boolean;
  /** change system file flags */
  readonly chflags?: boolean;
  /** filesystem types that it may mount */
  readonly mount?: readonly string[];
  /** change quotas */
  readonly quotas?: boolean;
  /** use sockets beyond IPv4, IPv6 and unix */
  readonly socketAf?: boolean;
  /** lock memory */
  readonly mlock?: boolean;
  /** bind ports below 1024 */
  readonly reservedPorts?: boolean;
  /** have a super-user */
  readonly suser?: boolean;
}

/** runtime-spec 1.3.0, config-solaris.md: the Solaris section of the configuration */
export interface Solaris {
  /** config-solaris.md § milestone: FMRI that is online first */
  readonly milestone?: string;
  /** config-solaris.md § limitpriv: most privileges of a process */
  readonly limitpriv?: string;
  /** config-solaris.md § maxShmMemory: most shared memory */
  readonly maxShmMemory?: string;
  /** config-solaris.md § cappedCPU */
  readonly cappedCPU?: SolarisCappedCPU;
  /** config-solaris.md § cappedMemory */
  readonly cappedMemory?: SolarisCappedMemory;
  /** config-solaris.md § Automatic Network (anet) */
  readonly anet?: readonly SolarisAnet[];
}

/** config-solaris.md § cappedCPU */
export interface SolarisCappedCPU {
  /** how many CPUs, as 1.25 */
  readonly ncpus?: string;
}

/** config-solaris.md § cappedMemory */
export interface SolarisCappedMemory {
  /** physical memory */
  readonly physical?: string;
  /** swap */
  readonly swap?: string;
}

/** config-solaris.md § Automatic Network (anet): properties of zonecfg(1M) */
export interface SolarisAnet {
  /** name of the link */
  readonly linkname?: string;
  /** link below it */
  readonly lowerLink?: string;
  /** addresses that the container may use */
  readonly allowedAddress?: string;
  /** whether they are configured at the start */
  readonly configureAllowedAddress?: string;
  /** default router */
  readonly defrouter?: string;
  /** MAC address or a keyword */
  readonly macAddress?: string;
  /** kinds of link protection */
  readonly linkProtection?: string;
}

/** runtime-spec 1.3.0, config-vm.md: the section of containers that are virtual machines */
export interface VM {
  /** config-vm.md § Hypervisor Object */
  readonly hypervisor?: VMHypervisor;
  /** config-vm.md § Kernel Object */
  readonly kernel: VMKernel;
  /** config-vm.md § Image Object */
  readonly image?: VMImage;
  /** config-vm.md § HWConfig Object */
  readonly hwConfig?: VMHWConfig;
}

/** config-vm.md § Hypervisor Object */
export interface VMHypervisor {
  /** the hypervisor */
  readonly path: string;
  /** its parameters */
  readonly parameters?: readonly string[];
}

/** config-vm.md § Kernel Object */
export interface VMKernel {
  /** the kernel */
  readonly path: string;
  /** its parameters */
  readonly parameters?: readonly string[];
  /** its initial ramdisk */
  readonly initrd?: string;
}

/** config-vm.md § Image Object */
export interface VMImage {
  /** the root image */
  readonly path: string;
  /** its format */
  readonly format: VMImageFormat;
}

/** config-vm.md § HWConfig Object */
export interface VMHWConfig {
  /** device tree file */
  readonly deviceTree?: string;
  /** how many virtual CPUs */
  readonly vcpus?: number;
  /** bytes of memory */
  readonly memory?: number | bigint;
  /** device tree nodes that are passed through */
  readonly dtdevs?: readonly string[];
  /** memory pages that are passed through */
  readonly iomems?: readonly IOMems[];
  /** interrupts that are passed through */
  readonly irqs?: readonly number[];
}

/** runtime-spec 1.3.0, config-windows.md: the Windows section of the configuration */
export interface Windows {
  /** config-windows.md § LayerFolders: from the topmost layer to the base, the scratch last */
  readonly layerFolders: readonly string[];
  /** config-windows.md § Devices */
  readonly devices?: readonly WindowsDevice[];
  /** config-windows.md § Resources */
  readonly resources?: WindowsResources;
  /** config-windows.md § Network */
  readonly network?: WindowsNetwork;
  /** config-windows.md § Credential Spec */
  readonly credentialSpec?: Readonly<Record<string, unknown>>;
  /** config-windows.md § Servicing */
  readonly servicing?: boolean;
  /** config-windows.md § IgnoreFlushesDuringBoot */
  readonly ignoreFlushesDuringBoot?: boolean;
  /** config-windows.md § HyperV */
  readonly hyperv?: WindowsHyperV;
}

/** config-windows.md § Resources */
export interface WindowsResources {
  /** config-windows.md § Memory */
  readonly memory?: WindowsMemoryResources;
  /** config-windows.md § CPU */
  readonly cpu?: WindowsCPUResources;
  /** config-windows.md § Storage */
  readonly storage?: WindowsStorageResources;
}

/** config-windows.md § Memory */
export interface WindowsMemoryResources {
  /** memory usage in bytes */
  readonly limit?: number | bigint;
}

/** config-windows.md § CPU */
export interface WindowsCPUResources {
  /** how many CPUs */
  readonly count?: number | bigint;
  /** relative weight */
  readonly shares?: number;
  /** part of the processor's cycles, in hundredths of a percent */
  readonly maximum?: number;
  /** processors to run on */
  readonly affinity?: WindowsCPUGroupAffinity;
}

/** config-windows.md § CPU: processors of a processor group */
export interface WindowsCPUGroupAffinity {
  /** processors of the group, a bit each */
  readonly mask?: number | bigint;
  /** processor group */
  readonly group?: number;
}

/** config-windows.md § Storage */
export interface WindowsStorageResources {
  /** operations per second */
  readonly iops?: number | bigint;
  /** bytes per second */
  readonly bps?: number | bigint;
  /** least size of the system drive in bytes */
  readonly sandboxSize?: number | bigint;
}

/** config-windows.md § Network */
export interface WindowsNetwork {
  /** endpoints to connect to */
  readonly endpointList?: readonly string[];
  /** unqualified names are resolved */
  readonly allowUnqualifiedDNSQuery?: boolean;
  /** suffixes for name resolution */
  readonly DNSSearchList?: readonly string[];
  /** container whose network stack is shared */
  readonly networkSharedContainerName?: string;
  /** network namespace */
  readonly networkNamespace?: string;
}

/** config-windows.md § HyperV */
export interface WindowsHyperV {
  /** image of the utility VM */
  readonly utilityVMPath?: string;
}

/** runtime-spec 1.3.0, config-zos.md: the z/OS section of the configuration */
export interface ZOS {
  /** config-zos.md § Namespaces */
  readonly namespaces?: readonly ZOSNamespace[];
}

/** config-freebsd.md § Devices: a device of the container */
export interface FreeBSDDevice {
  /** path relative to /dev */
  readonly path?: string;
  /** permission bits */
  readonly mode?: number;
}

/** config-freebsd.md § Jail: whether a resource is off, the jail's own or its parent's */
export type FreeBSDSharing = 'disable' | 'new' | 'inherit';

/** config-freebsd.md § Jail: whether a resource is the jail's own or its parent's */
export type FreeBSDSharingNoDisable = 'new' | 'inherit';

/** config-vm.md § Image Object: format of a root image */
export type VMImageFormat = 'raw' | 'qcow2' | 'vdi' | 'vmdk' | 'vhd';

/** config-vm.md § HWConfig Object: a range of memory pages */
export interface IOMems {
  /** first page in the guest */
  readonly firstGFN?: number | bigint;
  /** first page of the machine */
  readonly firstMFN: number | bigint;
  /** how many pages */
  readonly nrMFNs: number | bigint;
}

/** config-windows.md § Devices */
export interface WindowsDevice {
  /** the device */
  readonly id: string;
  /** what id is */
  readonly idType: WindowsDeviceIDType;
}

/** config-windows.md § Devices: class for a device interface class GUID */
export type WindowsDeviceIDType = 'class';

/** config-zos.md § Namespaces: kind of namespace */
export type ZOSNamespaceType = 'pid' | 'mount' | 'ipc' | 'uts';

/** config-zos.md § Namespaces */
export interface ZOSNamespace {
  /** kind of namespace */
  readonly type: ZOSNamespaceType;
  /** namespace to join; a new one is made without it */
  readonly path?: string;
}
