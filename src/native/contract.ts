/**
 * THE BOUNDARY between what decides (TypeScript) and what does (C++). Types only.
 *
 * Everything noci knows of the outside world comes through {@link Native}; everything that happens inside a container
 * is an ordered list of {@link InitStep}. Both hosts (Node.js and the standalone executable) implement this file with
 * the same C++ sources, so nothing here may be particular to either.
 *
 * Conventions
 * - File descriptors are plain non-negative integers, always opened O_CLOEXEC, owned by the caller who got them.
 * - Text that comes from the kernel (argv, paths, environ) need not be UTF-8: a byte that does not decode arrives as
 *   the lone surrogate U+DC80..U+DCFF and leaves as the same byte. Text from JSON never holds lone surrogates.
 * - Flags and numbers are already decoded; no option string of config.json crosses the boundary.
 * - Every function is synchronous. One that fails throws a {@link NativeError}.
 */

/** An open file descriptor. */
export type Fd = number;

/** `AT_FDCWD`: relative to the current directory. */
export type DirFd = Fd | -100;

/**
 * What every native function throws: errno by number and name, the syscall, and the path it was about ('' if none).
 * `message` is the errno in words, lower case, as Go says it ("no such file or directory").
 */
export interface NativeError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string;
}

/** stat(2) without times, see {@link Native.changeTime}. `mode` includes the file type (S_IFMT). */
export interface Stat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly rdev: bigint;
  readonly nlink: number;
}

/** One directory entry; `type` is DT_* of readdir(3) (4 directory, 8 regular, 10 symlink, 0 unknown). */
export interface Entry {
  readonly name: string;
  readonly type: number;
}

/** How a process ended (waitid(2)): exactly one of the two is not null. */
export interface Exit {
  readonly status: number | null;
  readonly signal: number | null;
}

/** A system call that waits for an answer. */
export interface SeccompNotification {
  readonly id: bigint;
  /** of the thread, as the receiver sees it */
  readonly pid: number;
  /** AUDIT_ARCH_* */
  readonly arch: number;
  readonly number: number;
}

/** poll(2): one file descriptor and the events asked for; the answer holds the events seen, in the same order. */
export interface Poll {
  readonly fd: Fd;
  readonly events: number;
}

/** struct termios without what is never changed: the four c_*flag, and the bytes of c_cc. termios(3) */
export interface Termios {
  readonly iflag: number;
  readonly oflag: number;
  readonly cflag: number;
  readonly lflag: number;
  readonly controls: Uint8Array;
}

/** struct winsize. ioctl_tty(2) */
export interface Winsize {
  readonly rows: number;
  readonly columns: number;
  readonly xpixel: number;
  readonly ypixel: number;
}

/** What {@link Native.spawnInit} needs. */
export interface InitOptions {
  /** CLONE_NEW* flags for namespaces made with the process itself (clone3(2)). */
  readonly cloneFlags: number;
  /** cgroup2 directory for CLONE_INTO_CGROUP, or -1. */
  readonly cgroup: Fd | -1;
  /** pid namespace to start in (`/proc/PID/ns/pid`, a bind of it, or since Linux 5.8 a pidfd of who is in it), or -1. Only the child is in it. */
  readonly pidNamespace: Fd | -1;
  /**
   * namespaces that the process is born in, the user namespace last: those that the runtime has the rights for are joined before it,
   * the others after it. An error of setns(2) has the index for its path. Not together with `pidNamespace`; no time namespace.
   */
  readonly joined: readonly Fd[];
  /** the CLONE_NEW* flag that each of them must have */
  readonly joinedTypes: readonly number[];
  /** what becomes fds 0, 1 and 2 of the process. */
  readonly stdio: readonly [Fd, Fd, Fd];
  /** fds that become 3, 4, … of the container's process (preserved ones); never more than what the caller passed. */
  readonly preserved: readonly Fd[];
  /** milliseconds that it may take until init's image runs, -1 for any: others in the pid namespace can stop it. Then ETIMEDOUT */
  readonly timeout: number;
}

/** The process that waits for its plan. `socket` is our end of the handshake. */
export interface InitProcess {
  readonly pid: number;
  readonly pidfd: Fd;
  readonly socket: Fd;
}

/** What {@link Native.spawn} runs in the runtime's own namespaces: a hook or a host program. */
export interface SpawnOptions {
  /** absolute path; execve(2) gets it verbatim */
  readonly path: string;
  /** argv, including argv[0] */
  readonly args: readonly string[];
  /** the complete environment, "NAME=value" */
  readonly env: readonly string[];
  /** working directory, '' to inherit */
  readonly cwd: string;
  /** what becomes 0, 1, 2; everything else is closed. */
  readonly stdio: readonly [Fd, Fd, Fd];
}

export interface SpawnedProcess {
  readonly pid: number;
  readonly pidfd: Fd;
}

/**
 * Messages between the runtime and init, over one SOCK_STREAM socket pair; every message is framed as
 * magic, version, length (a plan may be larger than a datagram; fds travel in batches of at most 253). Init never asks for policy, only for what it cannot do
 * itself. The runtime answers `request` with {@link Native.reply}; every other message needs no answer.
 *
 *   runtime                                     init
 *   spawnInit ───────── clone3 + execveat ────▶ waits, holds no resource of the container
 *   (state: pid is on disk)
 *   sendPlan ────────── steps, fds ───────────▶ checks the whole plan, then runs step after step
 *             ◀──────── request 'hooks' ─────── step `request`: mounts are made, root not yet entered
 *   runs prestart, createRuntime
 *   reply ok ─────────────────────────────────▶ goes on  (reply false or EOF: init exits)
 *             ◀──────── network, fd ─────────── step `netlink_socket`: a socket in the container's network namespace
 *   moves network devices
 *   reply ok ─────────────────────────────────▶ goes on
 *             ◀──────── terminal, fd ────────── step `terminal`: the master of the pty; needs no answer
 *             ◀──────── request 'seccomp:FD' ── step `seccomp` with a listener, which is that fd of init
 * gives it to the agent
 *   reply ok ─────────────────────────────────▶ goes on under the filter
 *             ◀──────── warning ─────────────── whenever something is ignored on purpose
 *             ◀──────── done ────────────────── after every step, when the plan begins with `trace`
 *             ◀──────── ready ───────────────── step `ready`: everything but the execve is done
 *   (state: created; pid file)
 *   reply ok ─────────────────────────────────▶ closes the socket; step `wait_start` follows when there is an exec fifo
 *             ◀──────── failure ─────────────── instead of any of the above: step index, syscall, errno, path; init exits
 *
 * After `ready` was answered, a failure (execve, startContainer hook) is one line on the container's stderr and exit 255; the message
 * `failure` goes into the exec fifo, if there was one.
 *
 * A plan without the step `ready` (exec) is different at its end: init says `ready` itself right before the execve and waits for
 * no answer, a failure of the execve is told here too, and the socket closes by the execve. Until then init dies with the runtime.
 */
export type InitMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'request'; readonly what: string }
  /** the master of the container's terminal; the fd is the receiver's */
  | { readonly type: 'terminal'; readonly fd: Fd }
  /** a NETLINK_ROUTE socket in the container's network namespace; the fd is the receiver's. It wants a reply */
  | { readonly type: 'network'; readonly fd: Fd }
  | { readonly type: 'warning'; readonly step: number; readonly text: string }
  /** a step that was traced is done; `start` by {@link Native.monotonic}, whatever time namespace init is in */
  | { readonly type: 'done'; readonly step: number; readonly start: bigint; readonly nanoseconds: number }
  | {
      readonly type: 'failure';
      /** index into the steps sent, -1 when before the first */
      readonly step: number;
      readonly syscall: string;
      readonly errno: number;
      readonly code: string;
      /** path or subject, '' if none */
      readonly path: string;
      /** a complete text of the contract (e.g. `exec: "x": executable file not found in $PATH`), '' if none */
      readonly text: string;
    }
  /** init is gone without a word: EOF */
  | { readonly type: 'closed' };

/**
 * One step of init. Executed strictly in the order of the list. Field types on the wire: number/bigint → 64-bit integer,
 * string → bytes, Uint8Array → bytes, F → an fd that is passed by SCM_RIGHTS (init sees its own number), arrays of those. Paths named `path`/`target` are inside the container's root unless said otherwise.
 * `F` is Fd here; in a plan, which is made without opening anything, it is the recipe for opening one (plan/plan.ts).
 * Each member names its source. `describe().steps` of the addon must equal this union, field by field (a test compares them).
 */
export type InitStep<F = Fd> =
  // ── before anything of the container is touched
  /** from here to `ready` init says how long each step took */
  | { readonly step: 'trace' }
  /** in the user namespace that init was born in, whose maps the runtime has written; one that it joins is a matter of `setns` */
  | { readonly step: 'become_root' }
  /** write "0" to each v1 `tasks` file: joins without waiting for an RCU grace period. cgroups(7) */
  | { readonly step: 'cgroup_join'; readonly tasks: readonly F[] }
  /** write own /proc/self/oom_score_adj. proc_pid_oom_score_adj(5) */
  | { readonly step: 'oom_score_adj'; readonly value: number }
  /**
   * setns(2) into an existing namespace; `type` is the CLONE_NEW* flag it must have, `path` is for the error only. `namespace` may
   * be a pidfd: then `type` is a mask, and all those namespaces of that process are joined at once (Linux 5.8).
   */
  | { readonly step: 'setns'; readonly namespace: F; readonly type: number; readonly path: string }
  /** unshare(2) of namespaces that clone3 cannot give: CLONE_NEWCGROUP after joining the cgroup. */
  | { readonly step: 'unshare'; readonly flags: number }
  /** unshare(CLONE_NEWTIME), write `offsets` to timens_offsets, enter it. time_namespaces(7) */
  | { readonly step: 'time_namespace'; readonly offsets: string }
  | { readonly step: 'setsid' }
  /** keyctl(KEYCTL_JOIN_SESSION_KEYRING, name) and permissions |= mask; ENOSYS warns. keyrings(7) */
  | { readonly step: 'session_keyring'; readonly name: string; readonly permissions: number }
  /**
   * An attribute of the process that a security module keeps: lsm_set_self_attr(2) with LSM_ID_* and LSM_ATTR_*; before Linux 6.8 the first of
   * `files` that there is in /proc/thread-self/attr, in a procfs of init's own. proc_pid_attr(5)
   */
  | {
      readonly step: 'security_attribute';
      readonly module: number;
      readonly attribute: number;
      readonly value: string;
      readonly files: readonly string[];
    }
  /** bring `lo` up in the (new) network namespace. netdevice(7) */
  | { readonly step: 'loopback_up' }
  /** give the runtime a socket of netlink in this network namespace (message 'network'), and wait for its reply. rtnetlink(7) */
  | { readonly step: 'netlink_socket' }
  // ── the root and its mounts; the host's root is still the process's root directory until `root_enter`
  /** mount_setattr(2) of propagation on "/" of the mount namespace. `flags`: MS_SLAVE, … `recursive` 0|1 */
  | { readonly step: 'propagation'; readonly flags: number; readonly recursive: number }
  /** make the mount that holds host path `path` private, so that attaching the root does not propagate to the host. */
  | { readonly step: 'parent_private'; readonly path: string }
  /**
   * attach the detached `tree` of the root filesystem at host path `path`; from here on rootfs-relative steps work. `origin` as in
   * bind. move_mount(2)
   */
  | { readonly step: 'root_attach'; readonly tree: F; readonly path: string; readonly origin: string }
  /**
   * without a mount namespace: the detached `tree` of the root filesystem stays detached, so that what is mounted in it is seen by
   * nobody but who is in it; it and its mounts end with the last of these. `origin` as in bind. open_tree(2); Linux 6.15
   */
  | { readonly step: 'root_detached'; readonly tree: F; readonly origin: string }
  /** without a mount namespace, and nothing to mount: an O_PATH directory. */
  | { readonly step: 'root_open'; readonly directory: F }
  /** fchdir(root) and chroot("."): from here no path can name the host's files; `root_leave` goes back. (defence in depth) */
  | { readonly step: 'root_enter' }
  | { readonly step: 'root_leave' }
  /**
   * A new filesystem: fsopen, fsconfig, fsmount, attributes, move_mount onto `target` resolved once inside the root.
   * `parameters`: "name=value" or "name". `attributes`: MOUNT_ATTR_* to set. `recursiveSet`/`recursiveClear`: mount_setattr AT_RECURSIVE.
   * `propagation`: MS_* flags (with MS_REC) in order. `strict` 1: target must be a real directory, no symlink anywhere (proc, sysfs:
   * CVE-2019-19921, CVE-2023-27561). `copyUp` 1: copy what is at target into the new filesystem before it is attached.
   * `keepMode` 1: a tmpfs gets the mode of an existing target unless a mode parameter is given.
   */
  | {
      readonly step: 'mount';
      readonly type: string;
      readonly source: string;
      readonly target: string;
      readonly parameters: readonly string[];
      readonly attributes: number;
      readonly recursiveSet: number;
      readonly recursiveClear: number;
      readonly propagation: readonly number[];
      readonly strict: number;
      readonly copyUp: number;
      readonly keepMode: number;
    }
  /**
   * A bind: `tree` is a detached open_tree(OPEN_TREE_CLONE) of the source, made by the runtime. Attributes are set before it is attached,
   * so that there is no moment in which a read-only bind is writable. `set`/`clear`: MOUNT_ATTR_* on the top mount;
   * `sourcePropagation` is applied to the tree (recursively) before attaching, `propagation` after. The target is made as the
   * source is: a directory, or an empty file. `strict` as in mount (bind of proc).
   * `origin`: '', or, where the runtime may not clone, the host path of what `tree` is an O_PATH fd of; then init clones it, with what
   * is mounted below it when `recursive` is 1.
   */
  | {
      readonly step: 'bind';
      readonly tree: F;
      readonly origin: string;
      readonly recursive: number;
      readonly source: string;
      readonly target: string;
      readonly set: number;
      readonly clear: number;
      readonly recursiveSet: number;
      readonly recursiveClear: number;
      readonly sourcePropagation: number;
      readonly propagation: readonly number[];
    }
  /** MS_REMOUNT of what is mounted at `target`: attributes and, for filesystem parameters, fspick(2)+FSCONFIG_CMD_RECONFIGURE. */
  | {
      readonly step: 'remount';
      readonly target: string;
      readonly set: number;
      readonly clear: number;
      readonly parameters: readonly string[];
    }
  /** mount_setattr(2) on the mount at `target` inside the root (tmpfs read-only at the end). */
  | { readonly step: 'mount_setattr'; readonly target: string; readonly set: number; readonly clear: number }
  /** mkdir -p inside the root, 0755, following symlinks inside the root only. */
  | { readonly step: 'mkdir'; readonly path: string; readonly mode: number }
  /** a symlink at `path`; an existing one stays unless `replace` is 1 (then it is unlinked first). symlinkat(2) on the parent's fd */
  | { readonly step: 'symlink'; readonly target: string; readonly path: string; readonly replace: number }
  /** mknodat(2); an existing node of the same type and number is kept and given mode and owner, anything else is replaced on a mount of our own, else refused. */
  | {
      readonly step: 'device';
      readonly path: string;
      /** S_IFCHR, S_IFBLK or S_IFIFO */
      readonly type: number;
      readonly major: number;
      readonly minor: number;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  /** ask the runtime and wait for its reply ('hooks'). */
  | { readonly step: 'request'; readonly what: string }
  /** a hook in the container's namespaces. `root` 'host': path and cwd are the host's view (createContainer); 'container': after everything (startContainer). */
  | {
      readonly step: 'hook';
      readonly kind: string;
      readonly index: number;
      readonly path: string;
      readonly args: readonly string[];
      readonly env: readonly string[];
      /** 1: `env` was absent and the process's environment is used */
      readonly inheritEnv: number;
      /** milliseconds, 0 for none */
      readonly timeout: number;
      /** the state document; `%PID%` inside stands for the pid as seen in the container and is replaced by init */
      readonly state: string;
      readonly cwd: string;
    }
  /** pivot_root(".", ".") and detach the old root. pivot_root(2) */
  | { readonly step: 'pivot_root' }
  /** --no-pivot: cover or unmount every other full proc and sysfs, MS_MOVE the root to "/", chroot. */
  | { readonly step: 'move_root'; readonly path: string }
  /** chroot only (no mount namespace). */
  | { readonly step: 'chroot' }
  /** propagation of the container's "/" after pivot_root. `flags` MS_*, `recursive` 0|1 */
  | { readonly step: 'root_propagation'; readonly flags: number; readonly recursive: number }
  /** MOUNT_ATTR_RDONLY on "/". */
  | { readonly step: 'root_readonly' }
  /** stdio that is the host's /dev/null becomes the container's. (CVE-2026-88265 class: identified by S_ISCHR and 1:3, opened without symlinks) */
  | { readonly step: 'stdio_null' }
  /**
   * A pty of the devpts at /dev/pts: the slave becomes 0, 1, 2, the master goes to the runtime
   * (message 'terminal'). `width` and `height` count when neither is 0; `console` 1: the slave is bound on /dev/console. pts(4)
   */
  | { readonly step: 'terminal'; readonly width: number; readonly height: number; readonly console: number }
  /** ioctl(0, TIOCSCTTY): what `terminal` has opened becomes that of the session that `setsid` has made. ioctl_tty(2) */
  | { readonly step: 'controlling_terminal' }
  /** fchown(fd, uid, -1) of 0, 1, 2 unless null device; EPERM, EROFS ignored. */
  | { readonly step: 'stdio_owner'; readonly uid: number }
  | { readonly step: 'umask'; readonly mask: number }
  | { readonly step: 'sethostname'; readonly name: string }
  | { readonly step: 'setdomainname'; readonly name: string }
  /** write below a private procfs's sys/, read back. `key` with slashes, e.g. net/ipv4/ip_forward */
  | { readonly step: 'sysctl'; readonly key: string; readonly value: string }
  /** bind onto itself, recursively, then read-only; ENOENT ignored. */
  | { readonly step: 'readonly_path'; readonly path: string }
  /** cover with our own null device (files) or a shared empty read-only tmpfs (directories); ENOENT ignored. CVE-2025-31133 */
  | { readonly step: 'masked_path'; readonly path: string }
  // ── the process
  | { readonly step: 'no_new_privs' }
  /** sched_setattr(2), all fields; 64-bit times in nanoseconds */
  | {
      readonly step: 'scheduler';
      readonly policy: number;
      readonly flags: number;
      readonly nice: number;
      readonly priority: number;
      readonly runtime: number | bigint;
      readonly deadline: number | bigint;
      readonly period: number | bigint;
    }
  /** ioprio_set(2) of the process itself (IOPRIO_WHO_PROCESS 0, as runc does); `priority` is class << 13 | level */
  | { readonly step: 'io_priority'; readonly priority: number }
  | { readonly step: 'personality'; readonly domain: number }
  /** set_mempolicy(2); `mode` includes mode flags; `nodes` are node numbers */
  | { readonly step: 'memory_policy'; readonly mode: number; readonly nodes: readonly number[] }
  /** all CPUs (cpuset decides), as runc since 1.3: the runtime's affinity must not leak. sched_setaffinity(2) */
  | { readonly step: 'affinity'; readonly cpus: readonly number[] }
  /** prlimit(2) on itself, 64-bit exact */
  | {
      readonly step: 'rlimit';
      readonly resource: number;
      readonly soft: number | bigint;
      readonly hard: number | bigint;
    }
  /** mkdir -p of the working directory (0755, root); a dangling symlink is an error as in Go: `mkdir X: file exists`. */
  | { readonly step: 'cwd_create'; readonly path: string }
  /** the environment for lookups, hooks and execve; HOME is appended from /etc/passwd of the container when absent or empty. */
  | { readonly step: 'environment'; readonly entries: readonly string[]; readonly uid: number }
  /**
   * Credentials in the only right order: bounding set, PR_SET_KEEPCAPS, chdir try, setgroups, setresgid, setresuid, chdir retry,
   * the sets, ambient. The capability sets are 64-bit masks; `setCapabilities` 0: the sets are untouched (capabilities absent).
   * `setgroups` 0: not allowed (rootless). capabilities(7)
   */
  | {
      readonly step: 'credentials';
      readonly uid: number;
      readonly gid: number;
      readonly groups: readonly number[];
      readonly setgroups: number;
      readonly cwd: string;
      readonly setCapabilities: number;
      readonly bounding: bigint;
      readonly effective: bigint;
      readonly permitted: bigint;
      readonly inheritable: bigint;
      readonly ambient: bigint;
    }
  /** finds args[0] with PATH of the environment as the container's user; keeps an error in Go's words. getcwd must start with "/" (CVE-2024-21626). */
  | { readonly step: 'lookup'; readonly name: string }
  /**
   * seccomp(2): loads a filter of system calls, struct sock_filter of 8 bytes each. `flags` SECCOMP_FILTER_FLAG_*; with
   * NEW_LISTENER it asks the runtime to take the listener ('seccomp:FD') and waits for the reply. `late` 1: not now but as the very
   * last thing before the execve, which needs no_new_privs; 2: with the credentials, behind their chdir.
   */
  | { readonly step: 'seccomp'; readonly program: Uint8Array; readonly flags: number; readonly late: number }
  /**
   * Goes on as a child in the pid namespace that `setns` has set, with the runtime as its parent (CLONE_PARENT). What did the steps
   * so far says so by the request 'process:PID', and ends. With a listener that it has from before, the child waits for the reply;
   * else there is none.
   */
  | { readonly step: 'process_fork' }
  /** says ready, waits for the answer, closes the handshake, clears PR_SET_PDEATHSIG. */
  | { readonly step: 'ready' }
  /** waits for one byte from `start`; `fifo` is opened O_RDWR|O_NONBLOCK by the runtime: a failure of a later step is written into it. */
  | { readonly step: 'wait_start'; readonly fifo: F }
  /** close_range(2) of everything but 0-2 and the preserved fds, getcwd check, execve of what `lookup` found. */
  | { readonly step: 'execve'; readonly args: readonly string[] };

/** A step's name. */
export type StepName = InitStep['step'];

/** What the addon says of itself: for the contract test, for `features` and for `--debug`. */
export interface Description {
  /** step name → "field:type field:type …" in wire order; types: int, text, data, fd, ints, texts, fds */
  readonly steps: { readonly [step: string]: string };
  /** bytes of the embedded init image */
  readonly initSize: number;
}

/** A problem of JSON text: `line` and `column` count from 1, columns in characters. Thrown as an Error with these fields and code 'EJSON'. */
export interface JsonError extends Error {
  readonly code: 'EJSON';
  readonly line: number;
  readonly column: number;
}

/** A shared library of the host that container tools use; noci itself needs none. */
export interface HostLibrary {
  /** soname, e.g. libseccomp.so.2 */
  readonly name: string;
  /** undefined: the library does not tell */
  readonly version: string | undefined;
  /** what it says that it can do, a few words each */
  readonly abilities: readonly string[];
  /** why it could not be asked; absent when it was */
  readonly problem?: string;
}

/** Functions of the host. Named after the syscall where there is one. */
export interface Native {
  // ── the process itself
  /** argv as the kernel gave it, argv[0] included (in Node: the script's path stands for argv[0]). */
  args(): string[];
  /** one variable of the environment the process was started with */
  getenv(name: string): string | undefined;
  /** the whole environment, "NAME=value", for hooks without env of their own */
  environ(): string[];
  getpid(): number;
  geteuid(): number;
  getegid(): number;
  getcwd(): string;
  chdir(path: string): void;
  umask(mask: number): number;
  /** Ends the process at once: no exit handlers, no flush. _exit(2) */
  exit(status: number): never;
  /** CLOCK_REALTIME in nanoseconds */
  realtime(): bigint;
  /** CLOCK_MONOTONIC in nanoseconds */
  monotonic(): bigint;
  isatty(fd: Fd): boolean;
  /** fds that were open when the process started, ascending, before the host opened its own. */
  inheritedFds(): Fd[];
  /** a module that is not on the hot path (help text, …), evaluated on first use; the exports object. */
  cold(name: string): unknown;
  /** In Node.js only: what libraries of the host say of themselves, asked through koffi; or why that cannot be had. Not compiled in. */
  readonly hostLibraries?: () => readonly HostLibrary[] | string;

  // ── files. A `dirfd` of -100 is the current directory.
  /**
   * openat(2). `flags`, here and for openat2, are O_* as x86-64 has them, on every machine: O_DIRECT 0x4000, O_DIRECTORY
   * 0x10000 and O_NOFOLLOW 0x20000 have other values elsewhere, and the addon translates them.
   */
  open(dirfd: DirFd, path: string, flags: number, mode: number): Fd;
  /** openat2(2) with RESOLVE_* in `resolve` */
  openat2(dirfd: DirFd, path: string, flags: number, mode: number, resolve: number): Fd;
  close(fd: Fd): void;
  /** open, read to the end, close. More than `maximum` bytes: EFBIG. A FIFO is not waited for. */
  readText(dirfd: DirFd, path: string, maximum: number): string;
  /** one open(O_WRONLY), one write(2) of the whole text, close: for files of cgroupfs, procfs, sysfs. */
  writeControl(dirfd: DirFd, path: string, text: string): void;
  /** read(2) up to `length` bytes; empty at the end of the file */
  read(fd: Fd, length: number): Uint8Array;
  /** write(2) until all is written */
  write(fd: Fd, data: string | Uint8Array): void;
  /** write(2) once: how many bytes were taken, 0 when it would block */
  writeSome(fd: Fd, data: string | Uint8Array): number;
  fsync(fd: Fd): void;
  /** flock(2): LOCK_EX 2, LOCK_SH 1, LOCK_UN 8, LOCK_NB 4 (false when it would block) */
  flock(fd: Fd, operation: number): boolean;
  /** fstatat(2); `flags` AT_SYMLINK_NOFOLLOW 0x100, AT_EMPTY_PATH 0x1000. undefined: ENOENT or ENOTDIR */
  stat(dirfd: DirFd, path: string, flags: number): Stat | undefined;
  /** stat(2) st_ctime, which nobody can set: nanoseconds of CLOCK_REALTIME, as coarse as the kernel's clock tick */
  changeTime(dirfd: DirFd, path: string): bigint;
  /** statfs(2) f_type, undefined: ENOENT */
  statfs(path: string): number | undefined;
  readlink(dirfd: DirFd, path: string): string;
  readdir(fd: Fd): Entry[];
  mkdir(dirfd: DirFd, path: string, mode: number): void;
  mkfifo(dirfd: DirFd, path: string, mode: number): void;
  rename(fromDir: DirFd, from: string, toDir: DirFd, to: string): void;
  /** unlinkat(2); `flags` AT_REMOVEDIR 0x200 */
  unlink(dirfd: DirFd, path: string, flags: number): void;
  fchmod(fd: Fd, mode: number): void;
  fchown(fd: Fd, uid: number, gid: number): void;
  /** lsetxattr(2), a new attribute or another value of one */
  lsetxattr(path: string, name: string, value: string): void;
  /** fgetxattr(2); undefined: there is none, or the filesystem knows none (ENODATA, EOPNOTSUPP). Longer than `maximum`: ERANGE */
  fgetxattr(fd: Fd, name: string, maximum: number): string | undefined;
  /** pipe2(O_CLOEXEC): [read end, write end] */
  pipe(): [Fd, Fd];
  /** eventfd(2), EFD_CLOEXEC: v1 cgroups tell of an OOM by one. Reading it gives 8 bytes. */
  eventfd(): Fd;
  /** inotify_init1(IN_CLOEXEC | IN_NONBLOCK): {@link read} gives struct inotify_event, as many as fit. inotify(7) */
  inotify(): Fd;
  /** inotify_add_watch(2): the watch descriptor; `mask` IN_* */
  inotifyAdd(fd: Fd, path: string, mask: number): number;
  /** inotify_rm_watch(2) */
  inotifyRemove(fd: Fd, watch: number): void;
  /** fcntl(F_SETFL) of O_NONBLOCK */
  setNonblocking(fd: Fd, on: boolean): void;

  // ── terminals
  tcgetattr(fd: Fd): Termios;
  /** tcsetattr(TCSANOW). `background`: also where it would stop the process (SIGTTOU), since its terminal is another's just now */
  tcsetattr(fd: Fd, termios: Termios, background: boolean): void;
  tcgetwinsize(fd: Fd): Winsize;
  tcsetwinsize(fd: Fd, size: Winsize): void;

  // ── JSON
  /** Strict RFC 8259: valid UTF-8, no duplicate keys, no NUL, no lone surrogates, exact 64-bit integers (number when safe, else bigint), null-prototype objects, at most 64 deep, 16 MiB. */
  parseJson(text: string): unknown;

  /** BLAKE2b of 64 bytes in hexadecimal digits. RFC 7693 */
  blake2b(data: string | Uint8Array): string;

  // ── processes
  pidfdOpen(pid: number): Fd;
  pidfdSendSignal(pidfd: Fd, signal: number): void;
  /** pidfd_getfd(2): a copy of fd `fd` of the process. Linux 5.6 */
  pidfdGetfd(pidfd: Fd, fd: Fd): Fd;
  /** waitid(P_PIDFD, WEXITED|WNOHANG) on a child; undefined: still running */
  waitPidfd(pidfd: Fd): Exit | undefined;
  /**
   * How a process ended that somebody else has reaped: ioctl(PIDFD_GET_INFO) with PIDFD_INFO_EXIT, Linux 6.15. undefined on older
   * kernels, and until it is reaped.
   */
  pidfdExit(pidfd: Fd): Exit | undefined;
  /** reaps one ended child of any kind (subreaper); undefined: none */
  reap(): { readonly pid: number; readonly exit: Exit } | undefined;
  /** poll(2); timeout in milliseconds, -1 forever. Interrupted calls are resumed. Returns revents. */
  poll(fds: readonly Poll[], timeout: number): number[];
  /** kill(2); for process groups a negative pid */
  kill(pid: number, signal: number): void;
  /** prctl(PR_SET_CHILD_SUBREAPER) */
  setChildSubreaper(on: boolean): void;
  /**
   * Catches every signal that can be forwarded and SIGCHLD, blocked or ignored by the caller or not; returns the fd of a pipe that
   * delivers their numbers, a byte each. What the kernel sends for this process's own doing (a fault, a broken pipe, a read
   * of a terminal from the background) is not among them.
   */
  catchSignals(): Fd;
  /** vfork + execve in the runtime's namespaces, own process group, default signals, PDEATHSIG SIGKILL. */
  spawn(options: SpawnOptions): SpawnedProcess;

  // ── init
  spawnInit(options: InitOptions): InitProcess;
  /** Encodes and sends the plan: refused (EINVAL, naming step and field) when a step's fields are not of the declared types. */
  sendPlan(socket: Fd, steps: readonly InitStep[]): void;
  /** the next message; `timeout` ms, -1 forever; undefined on timeout */
  receive(socket: Fd, timeout: number): InitMessage | undefined;
  reply(socket: Fd, ok: boolean): void;

  // ── cgroups
  /**
   * Loads a BPF_PROG_TYPE_CGROUP_DEVICE program and attaches it to the v2 cgroup at `cgroup` (BPF_F_ALLOW_MULTI) in place of all that are
   * attached there: of exactly one with BPF_F_REPLACE, in one step; more are detached when the new one is attached, so that
   * there is no moment without a filter. `program`: struct bpf_insn of 8 bytes each. The error's `path` is the command of bpf(2) that failed.
   */
  attachDeviceProgram(cgroup: Fd, program: Uint8Array): void;
  /**
   * Programs that are attached to the v2 cgroup for devices, in the order in which they run, by the kernel's digests of their instructions
   * (16 hexadecimal digits), and how: BPF_F_ALLOW_OVERRIDE 1, BPF_F_ALLOW_MULTI 2. EPERM without CAP_NET_ADMIN and CAP_SYS_ADMIN in the
   * initial user namespace. BPF_PROG_QUERY, BPF_OBJ_GET_INFO_BY_FD
   */
  devicePrograms(cgroup: Fd): { readonly flags: number; readonly tags: readonly string[] };
  /** The digest that the kernel has for `program`: it is loaded for that, attached to nothing and let go. */
  deviceProgramTag(program: Uint8Array): string;

  // ── system calls that wait for an answer. seccomp_unotify(2)
  /** SECCOMP_IOCTL_NOTIF_RECV: waits for the next call; undefined when its caller has gone before it was taken. */
  seccompReceive(listener: Fd): SeccompNotification | undefined;
  /** SECCOMP_IOCTL_NOTIF_SEND with SECCOMP_USER_NOTIF_FLAG_CONTINUE: the call is made. False: its caller has gone. Linux 5.5 */
  seccompContinue(listener: Fd, id: bigint): boolean;

  // ── mounts and sockets
  /** open_tree(OPEN_TREE_CLONE), `recursive` adds AT_RECURSIVE: a detached copy of the mount(s) at path. */
  openTree(dirfd: DirFd, path: string, recursive: boolean): Fd;
  /**
   * mount_setattr(MOUNT_ATTR_IDMAP) of a detached mount, `recursive` of all below it too: its ids are mapped by a user namespace, which
   * may not be the initial one. Linux 5.12
   */
  idmapTree(tree: Fd, userNamespace: Fd, recursive: boolean): void;
  /** statx(2): attributes of the mount at fd: MOUNT_ATTR_*-like ST_* flags of fstatvfs (ro 1, nosuid 2, nodev 4, noexec 8, noatime 1024, nodiratime 2048, relatime 4096) */
  mountFlags(fd: Fd): number;
  /** connect(2) to a stream socket in the filesystem; EAGAIN when its backlog is full */
  connect(path: string): Fd;
  /** connect(2) of a non-blocking datagram socket; a path that begins with '@' is a name in no filesystem (unix(7), sd_notify(3)) */
  connectDatagram(path: string): Fd;
  /** bind(2) of a non-blocking datagram socket to `name` in an open directory, 0777 less the umask. {@link read} gives one datagram, cut to its length, and drops fds that came along */
  bindDatagram(directory: Fd, name: string): Fd;
  /** socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE): write(2) is a request, read(2) gives one datagram of the kernel's answer. rtnetlink(7) */
  netlinkRoute(): Fd;
  /**
   * A non-blocking socket of NETLINK_AUDIT that hears what the kernel audits, whether or not a daemon does (AUDIT_NLGRP_READLOG, Linux
   * 3.16). EPERM without CAP_AUDIT_READ in the initial user namespace. One {@link read} gives one struct nlmsghdr and its text.
   */
  netlinkAudit(): Fd;
  /** one sendmsg with one fd by SCM_RIGHTS */
  sendFd(socket: Fd, data: string, fd: Fd): void;
  uname(): { readonly release: string; readonly machine: string };
  /** what can be asked of the kernel without side effects: capget bounding (CAP_LAST_CAP), prctl(PR_CAPBSET_READ) mask */
  boundingSet(): bigint;
  /**
   * Tries a feature of the kernel, leaving nothing behind: '' when it works, else the name of the errno. addon/parent/trial.cc has the
   * features, and what `subject` is for those that want one: a path, or a number in digits; else ''. EINVAL for a name that is none.
   */
  tryFeature(feature: string, subject: string): string;
  describe(): Description;
}
