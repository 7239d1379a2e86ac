// Why a program of the suite fails: what cannot be otherwise, and what noci does on purpose. `at` is what fails then, and only
// that may: the texts of the tests, or what stands on stderr of a program that gives up.

const kernelMemory = {
  why: "it wants limits of the kernel's own memory, which Linux has none of since 5.16",
  at: /^memory kernel(TCP)? is set correctly$/,
};
const leafWeight = {
  why: 'it wants blkio.leaf_weight, which went with the scheduler CFQ in Linux 5.0',
  at: /blkio\.leaf_weight is not available/,
};
const hugetlb = {
  why: 'it looks for hugetlb in a hierarchy of version 1; where the suite runs it is bound to version 2 or not there',
  at: /^get hugetlb cgroup data$|take the path to be relative to the cgroups mount point|hugetlb/,
};
const network = {
  why: 'it wants the controllers net_cls and net_prio in hierarchies of version 1',
  at: /controller \\?"net_(cls|prio)\\?" is not available/,
};

/** Programs that no runtime passes; the reason is the program's or the machine's. */
export const impossible = {
  delete: {
    why: 'it expects that a created container cannot be deleted; every runtime deletes it, and engines count on that',
    at: /^attempting to `delete` a container that is not `stopped` MUST /,
  },
  hooks: {
    why: 'it compares what the hooks write with other words than it has them write',
    at: /^Hooks MUST be called in the listed order/,
  },
  linux_cgroups_blkio: leafWeight,
  linux_cgroups_hugetlb: hugetlb,
  linux_cgroups_memory: kernelMemory,
  linux_cgroups_network: network,
  linux_cgroups_relative_blkio: leafWeight,
  linux_cgroups_relative_hugetlb: hugetlb,
  linux_cgroups_relative_memory: kernelMemory,
  linux_cgroups_relative_network: network,
  linux_process_apparmor_profile: {
    why: 'it wants a profile of AppArmor, which runtimes refuse on a kernel without it, or where the profile is not loaded',
    at: /apparmor/,
  },
  misc_props: {
    why: 'it runs a checker that it has not put into its bundle',
    at: /unknown annotation key$/,
  },
  prestart: {
    why: 'it expects prestart hooks at start; the specification of today and every runtime run them at create',
    at: /^Pre-start hooks MUST be called after the `start` operation/,
  },
  process_capabilities: {
    why: 'it asks for every capability there is; where the caller has not all of them, runc refuses, noci warns and leaves them out, and the program misses them',
    at: /^expected \w+ capability CAP_\w+ set$/,
  },
  process_capabilities_fail: {
    why: 'it expects that an unknown capability is an error; today it is a warning',
    at: /^Any value which cannot be mapped to a relevant kernel interface MUST cause an error/,
  },
  process_rlimits: {
    why: 'its checker is built with Go 1.19 or later, which raises its own limit of open files before it looks',
    at: /^has expected soft RLIMIT_NOFILE$/,
  },
  start: {
    why: 'its last step creates a container without `process`, which every runtime refuses',
    // it gives up without a word when all of its tests have passed
    at: /^\s*$/,
  },
};

/** Programs that another runtime passes, and noci fails because callers count on what runc of today does, or worse would follow. */
export const deliberate = {
  hooks_stdin: {
    why: 'it expects the status "created" on stdin of a prestart hook; the specification says "creating", and so do runc and noci',
    at: /^the state of the container MUST be passed to "prestart" hook over stdin$/,
  },
  linux_mount_label: {
    why: 'it sets a label of SELinux on a host without SELinux: runc and noci refuse what they cannot do, crun ignores it',
    at: /selinux label is specified in config, but selinux is disabled or not supported/,
  },
  mounts: {
    why: 'it gives options of a filesystem ("mode=755", "size=1k") to bind mounts, which have no use for them and would lose them silently: runc refuses that since 1.2 (seen with 1.3.6), and noci does with the same text, on which callers match',
    at: /bind mounts cannot have any filesystem-specific options applied/,
  },
  poststart_fail: {
    why: 'it expects only a warning when a poststart hook fails; runc, and with it noci, ends the container and `start` fails, as engines expect',
    at: /^if any poststart hook fails, the runtime MUST log a warning/,
  },
};

/** Programs that pass when one of two processes is the first, whatever the runtime does. */
export const races = {
  killsig: {
    why: 'it sends signals to a shell that has just been started and may not have set its traps',
    at: /^`kill` operation MUST send the specified signal to the container process/,
  },
  pidfile: {
    why: 'it wants to see its container run and to kill it then, and what the container runs is `true`',
    at: /^create with '--pid-file' option works$/,
  },
  poststart: {
    why: 'it wants a line of the process before that of the poststart hook, when both have just been started',
    at: /^The post-start hooks MUST be called after the user-specified process is executed/,
  },
};

/** Programs that noci passes where the kernel is new enough. */
export const newer = {
  linux_ns_itype: {
    why: 'it has mounts without a mount namespace, which noci keeps out of the host by what Linux has since 6.15',
    at: /unable to mount without a private MNT namespace: Linux 6\.15 is needed/,
  },
};

const reason = (program) => impossible[program] ?? deliberate[program] ?? races[program] ?? newer[program];

/** What a program that gives up tells on stdout. */
const givenUp = /^(exit status 1|no test was told|cannot run validation tests: exit status 1)$/;

/** Why noci fails the program, in one sentence; undefined when there is no reason to. */
export function reasonOf(program) {
  return reason(program)?.why;
}

/** Whether a failure is the one that there is a reason for. */
export function isKnown(program, { failed, errors }) {
  const at = reason(program)?.at;
  if (at === undefined) return false;
  const texts = failed.filter((text) => !givenUp.test(text));
  return texts.length > 0 ? texts.every((text) => at.test(text)) : at.test(errors);
}
