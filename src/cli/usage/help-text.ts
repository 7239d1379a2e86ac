import type { globalOptions, OptionsOf, Verb } from '../options.ts';

/** What a person is told about a command. */
export interface CommandText {
  /** one line, no full stop */
  readonly summary: string;
  /** what follows the options in the usage line */
  readonly positionals: string;
  /** a few lines; '' where the summary says it all */
  readonly description: string;
  /** by long name; every option of the table has one */
  readonly options: { readonly [name: string]: string };
}

type Complete = {
  readonly [V in Verb]: CommandText & { readonly options: { readonly [N in keyof OptionsOf<V>]: string } };
};

export const globalText: { readonly [N in keyof typeof globalOptions]: string } = {
  debug: 'write debug records: steps, and how long each of them took',
  log: 'file to append log records to, instead of stderr',
  'log-format': 'format of log records: text or json',
  root: 'directory for the state of containers; should be in a tmpfs',
  'systemd-cgroup': 'let systemd make cgroups; cgroupsPath is "slice:prefix:name"',
  rootless: 'ignore errors of cgroups: true, false, auto',
  criu: 'has no effect',
};

const consoleSocket = 'unix socket that receives the master end of the pseudoterminal';
const pidfdSocket = 'unix socket that receives a pidfd of the process';
const pidFile = 'file to write the process id to';
const preserveFds = 'number of fds to pass on besides stdio and LISTEN_FDS';
const bundle = 'directory with config.json (default: the current directory)';
const detach = 'return when the process runs, do not wait for its end';
const noPivot = 'chroot instead of pivot_root, for a root on a ramdisk';
const trace = 'new file for what took how long, which timeline draws';
const containerId = '<container-id>';

const creation = {
  bundle,
  'console-socket': consoleSocket,
  'pidfd-socket': pidfdSocket,
  'pid-file': pidFile,
  'no-pivot': noPivot,
  'no-new-keyring': "keep the caller's session keyring",
  'preserve-fds': preserveFds,
};

const images = {
  'image-path': 'directory of the image files',
  'work-path': 'directory for work files and logs',
  'tcp-established': 'allow established TCP connections',
  'ext-unix-sk': 'allow external unix sockets',
  'shell-job': 'allow a process that has a terminal of the outside',
  'lazy-pages': 'transfer memory on demand through userfaultfd',
  'file-locks': 'allow file locks',
  'manage-cgroups-mode': 'what happens with cgroups: soft, full, strict or ignore',
  'empty-ns': 'namespace to leave out of the image: network',
  'auto-dedup': 'drop pages of parent images that are not needed any more',
};

export const commandText: Complete = {
  create: {
    summary: 'create a container',
    positionals: containerId,
    description:
      'Sets up the container of a bundle, up to the point where its process is about to be executed.\n' +
      '"start" then executes it. The id must not be in use in the same root.',
    options: { ...creation, trace },
  },
  run: {
    summary: 'create and start a container',
    positionals: containerId,
    description: "Without --detach it passes on signals and the terminal, and ends with the process's exit status.",
    options: {
      ...creation,
      detach,
      keep: 'leave the stopped container until it is deleted',
      'no-subreaper': "do not become the reaper of the container's orphans",
      trace,
    },
  },
  start: {
    summary: 'execute the process of a created container',
    positionals: containerId,
    description: '',
    options: { trace },
  },
  state: {
    summary: 'print the state of a container',
    positionals: containerId,
    description: 'The state is printed as JSON.',
    options: {},
  },
  list: {
    summary: 'list the containers in the root',
    positionals: '',
    description: '',
    options: { format: 'table or json', quiet: 'print ids only' },
  },
  kill: {
    summary: 'send a signal to the first process of a container',
    positionals: `${containerId} [signal]`,
    description: 'The signal is a name, with or without SIG, or a number. Without one it is SIGTERM.',
    options: { all: 'send it to every process of the container; none is no error' },
  },
  delete: {
    summary: 'delete what a container holds',
    positionals: containerId,
    description: 'A stopped or merely created container is deleted. A running one only with --force.',
    options: { force: 'kill the container first; a container that does not exist is no error' },
  },
  spec: {
    summary: 'write a config.json to start from',
    positionals: '',
    description:
      'Runs "sh" in the directory "rootfs" of the bundle. With --rootless the container needs no\n' +
      'privileges: it has a user namespace in which the caller is root.',
    options: { bundle, rootless: 'for a caller without privileges' },
  },
  features: {
    summary: 'print what this runtime supports',
    positionals: '',
    description: "The document is the OCI runtime specification's features structure, as JSON.",
    options: {},
  },
  exec: {
    summary: 'execute another process in a container',
    positionals: `${containerId} <command> [arguments...]`,
    description: 'With --process the process comes from a file, and no command is given.',
    options: {
      'console-socket': consoleSocket,
      'pidfd-socket': pidfdSocket,
      'pid-file': pidFile,
      'preserve-fds': preserveFds,
      detach,
      cwd: 'working directory in the container',
      env: 'NAME=value to add to the environment (repeatable)',
      tty: 'give the process a terminal',
      user: 'UID[:GID]',
      'additional-gids': 'additional group id (repeatable)',
      process: 'file with the process as JSON, instead of options for it',
      'process-label': 'SELinux label of the process',
      apparmor: 'AppArmor profile of the process',
      'no-new-privs': 'whether the process can gain no privileges by execve',
      cap: 'capability to add (repeatable)',
      cgroup: "[controllers:]path of a cgroup below the container's (repeatable)",
      'ignore-paused': 'allow it in a paused container',
      trace,
    },
  },
  pause: { summary: 'freeze all processes of a container', positionals: containerId, description: '', options: {} },
  resume: {
    summary: 'thaw the processes of a paused container',
    positionals: containerId,
    description: '',
    options: {},
  },
  ps: {
    summary: 'show the processes of a container',
    positionals: `${containerId} [ps options]`,
    description: '',
    options: { format: 'table or json' },
  },
  events: {
    summary: 'print statistics and out-of-memory events of a container',
    positionals: containerId,
    description: 'Each event is one line of JSON.',
    options: { interval: 'time between statistics, such as 5s or 1m', stats: 'print the statistics once' },
  },
  update: {
    summary: 'change the resource limits of a container',
    positionals: containerId,
    description: 'Limits come from the options, or all of them from a file with --resources.',
    options: {
      resources: 'file with all limits as JSON, - for stdin, instead of options',
      'blkio-weight': 'weight of block I/O, 10 to 1000',
      'cpu-period': 'CPU period in microseconds',
      'cpu-quota': 'CPU time in a period, in microseconds',
      'cpu-burst': 'CPU time that can be saved up, in microseconds',
      'cpu-share': 'relative weight of CPU time',
      'cpu-rt-period': 'period of realtime scheduling in microseconds',
      'cpu-rt-runtime': 'realtime CPU time in a period, in microseconds',
      'cpu-idle': '1 for the idle class, 0 for the default',
      'cpuset-cpus': 'list of CPUs',
      'cpuset-mems': 'list of memory nodes',
      memory: 'memory limit, with unit; -1 for none',
      'memory-reservation': 'memory that is kept from reclaim, with unit',
      'memory-swap': 'limit of memory and swap together, with unit; -1 for none',
      'kernel-memory': 'has no effect',
      'kernel-memory-tcp': 'has no effect',
      'pids-limit': 'number of processes; -1 for no limit',
      'l3-cache-schema': 'schema of the L3 cache (Intel RDT)',
      'mem-bw-schema': 'schema of the memory bandwidth (Intel RDT)',
    },
  },
  validate: {
    summary: 'tell everything that is wrong with a config.json, or may be regretted',
    positionals: '[bundle]',
    description:
      'The bundle is a directory, or a config.json. Each error and warning has its place in the file,\n' +
      'and what was probably meant. Nothing is changed. The exit status is 0 without errors, 1 with\n' +
      'errors, 2 when there is no config.json to be read.',
    options: { bundle, json: 'print JSON (schemas/noci/validate.json)' },
  },
  timeline: {
    summary: 'draw a trace as an HTML page',
    positionals: '<file>',
    description:
      'The file is what --trace of create, run, start or exec has written. The page needs no network and\n' +
      'no script.',
    options: { output: 'file to write, which must not exist (default: stdout)' },
  },
  explain: {
    summary: 'print the plan that create would execute',
    positionals: '[container-id]',
    description:
      'Every step with its system calls and its place in config.json, cgroup files, the filter of system\n' +
      'calls and hooks, on this host and for these global options. Nothing is made.',
    options: {
      bundle,
      diff: 'another bundle: print what changes from this one to that',
      json: 'print JSON (schemas/noci/explain.json)',
    },
  },
  doctor: {
    summary: 'tell what this host offers and lacks for containers, and what helps',
    positionals: '',
    description:
      'Features of the kernel are tried and nothing of that stays. The exit status is 0 when nothing\n' +
      'needed is lacking, else 1. With --bundle only what that bundle needs is asked.',
    options: {
      bundle: 'directory with the config.json that it is about',
      json: 'print JSON (schemas/noci/doctor.json)',
    },
  },
  wait: {
    summary: 'wait until a container ends, and print its exit status',
    positionals: containerId,
    description:
      'The status is that of the process, or 128 and the number of the signal that killed it. Why it was\n' +
      'killed is told on stderr: by a signal, for want of memory, or for a system call. "wait" itself\n' +
      'ends with 0, or 1 when nobody can tell.',
    options: { json: 'print status and reason as JSON (schemas/noci/wait.json)' },
  },
  watch: {
    summary: 'tell what happens to the containers in the root, until interrupted',
    positionals: '',
    description:
      'Each event is a line: first what is there (found), then created, started, paused, resumed, oom,\n' +
      'stopped with its reason, deleted, and failed for a create that came to nothing.',
    options: { json: 'a line of JSON for each (schemas/noci/watch.json)' },
  },
  gc: {
    summary: 'remove what crashes of runtimes and engines have left in the root',
    positionals: '',
    description:
      'Removed is what is provably of this runtime and in use by nobody: what a killed create or delete\n' +
      'has left, stopped containers whose bundle is gone or that are of an earlier boot, and cgroups of\n' +
      'this root that have no record. No process is killed: what a process is in stays, and is told.',
    options: {
      'dry-run': 'tell what would be removed, and remove nothing',
      'older-than': 'remove also what such a call saw stopped so long ago, such as 24h',
      json: 'print JSON (schemas/noci/gc.json)',
    },
  },
  seccomp: {
    summary: 'explain what a filter does with a system call, or record a profile',
    positionals: 'explain <profile|container-id> <syscall> [args...] | record [id]',
    description:
      '"explain": which rule of a profile, bundle or container decides about a call; "--" comes before\n' +
      'negative arguments. "record" runs a bundle, and writes the smallest profile that allows it.',
    options: {
      ...creation,
      arch: 'architecture for "explain", such as x86 (default: the machine\'s)',
      output: 'file for the profile of "record" (default: stdout)',
      json: 'print "explain" as JSON (schemas/noci/seccomp-explain.json)',
    },
  },
  inspect: {
    summary: 'compare a container with its config: what has changed is marked',
    positionals: containerId,
    description:
      'DRIFT: changed behind the back of noci. note: programs do that themselves. ?: not readable, or\n' +
      'not known any more. Nothing is changed.\n' +
      'The exit status is 0 whatever is found; the JSON counts it as "drift".',
    options: { json: 'print JSON (schemas/noci/inspect.json)' },
  },
  checkpoint: {
    summary: 'save a running container in image files',
    positionals: containerId,
    description: '',
    options: {
      ...images,
      'parent-path': 'relative path of the image files of an earlier checkpoint',
      'leave-running': 'do not stop the container',
      'tcp-skip-in-flight': 'leave out TCP connections that are being made',
      'link-remap': 'allow unlinked files that are still open',
      'status-fd': 'file descriptor to write to when lazy migration is ready',
      'page-server': 'ADDRESS:PORT of the page server',
      'pre-dump': 'save memory only and go on',
    },
  },
  restore: {
    summary: 'start a container from image files',
    positionals: containerId,
    description: '',
    options: {
      ...images,
      'console-socket': consoleSocket,
      bundle,
      detach,
      'pid-file': pidFile,
      'no-subreaper': "do not become the reaper of the container's orphans",
      'no-pivot': noPivot,
      'lsm-profile': 'TYPE:NAME of the security profile',
      'lsm-mount-context': 'SELinux context of mounts',
    },
  },
};
