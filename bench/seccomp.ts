// A profile of the size and shape of Docker's default: a list of what is allowed, three calls by their arguments, three
// architectures. It is computed from the kernel's own headers, minus what Docker documents as blocked.
import { existsSync, readFileSync } from 'node:fs';

const headers = ['asm/unistd_64.h', 'asm/unistd_32.h', 'asm-generic/unistd.h'];
const folders = ['/usr/include/x86_64-linux-gnu', '/usr/include/aarch64-linux-gnu', '/usr/include'];

const blocked = new Set(
  `acct add_key bpf clock_adjtime clock_adjtime64 clock_settime clock_settime64 clone clone3 create_module delete_module
  finit_module fsconfig fsmount fsopen fspick get_kernel_syms get_mempolicy init_module io_uring_enter io_uring_register
  io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind mount mount_setattr move_mount
  move_pages nfsservctl open_by_handle_at open_tree perf_event_open personality pivot_root process_madvise query_module
  quotactl quotactl_fd reboot request_key set_mempolicy set_mempolicy_home_node setdomainname sethostname setns settimeofday
  socket stime swapoff swapon sysfs _sysctl syslog umount umount2 unshare uselib userfaultfd ustat vhangup vm86 vm86old`.split(
    /\s+/,
  ),
);

const architectures: Record<string, readonly string[]> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

function allow(names: readonly string[], args: readonly object[] = []): object {
  return { names, action: 'SCMP_ACT_ALLOW', ...(args.length > 0 ? { args } : {}) };
}

/** linux.seccomp of config.json; undefined where the kernel's headers are not installed. */
export function defaultProfile(): object | undefined {
  const present = folders.flatMap((folder) => headers.map((header) => `${folder}/${header}`)).filter(existsSync);
  const names = present.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/^#define __NR_(\w+)\s+\d+/gm)].map(([, name = '']) => name),
  );
  const architecture = architectures[process.arch];
  if (names.length === 0 || architecture === undefined) return undefined;
  // CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET
  const namespaces = 0x7e020000;
  const domains = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: architecture,
    syscalls: [
      allow([...new Set(names)].filter((name) => !blocked.has(name)).sort()),
      ...domains.map((value) => allow(['personality'], [{ index: 0, value, op: 'SCMP_CMP_EQ' }])),
      allow(['clone'], [{ index: 0, value: namespaces, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]),
      // AF_VSOCK
      allow(['socket'], [{ index: 0, value: 40, op: 'SCMP_CMP_NE' }]),
      // so that C libraries fall back to clone
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
    ],
  };
}
