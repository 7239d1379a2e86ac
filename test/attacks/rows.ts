// The attacks of docs/security.md: what tests each of them, by file and name of the test. Without the row's mitigation
// (addon/kernel/weakened.h, src/native/weakened.ts) that test has to fail.

/** One row of the table. */
export interface Row {
  /** the name of its switch */
  readonly row: string;
  readonly attack: string;
  /** below test/integration, without .test.ts */
  readonly file: string;
  /** of the test, and of the one in it when one is enough */
  readonly test: readonly string[];
  /** without the mitigation it waits for ever */
  readonly hangs?: boolean;
}

const row = (name: string, attack: string, file: string, ...test: string[]): Row => ({ row: name, attack, file, test });
const hanging = (one: Row): Row => ({ ...one, hangs: true });

export const rows: readonly Row[] = [
  row(
    'S01',
    'the host’s binary is overwritten through /proc/self/exe (CVE-2019-5736)',
    'waiting-init',
    'the seals hold when nothing runs it any more',
  ),
  row(
    'S02',
    'without an executable memfd init runs from a file of the host',
    'attacks',
    'without an executable memfd the program of init has no name either (S02)',
  ),
  row(
    'S03',
    'an fd that leaks is a way to the host (CVE-2024-21626)',
    'fds',
    '38 leaked fds stay outside (CVE-2024-21626)',
  ),
  row(
    'S04',
    'the container’s root looks into a process that sets it up or joins it (CVE-2016-9962)',
    'waiting-init',
    'nobody of the container may look into it',
  ),
  row(
    'S05',
    'a label is written to a file of the container’s (CVE-2015-1334, CVE-2016-8649)',
    'labels',
    'a /proc of the container’s making changes nothing',
  ),
  row('S06', '--preserve-fds counts fds of the runtime’s own', 'fds', 'a gap is an error'),
  row(
    'S07',
    'mount points are made through a link of a volume (CVE-2024-45310)',
    'hostile-mounts',
    'mount points below a symlink of a volume are made inside the root (CVE-2024-45310)',
    'absolute',
  ),
  row(
    'S08',
    '/dev of the image is a link to the host (CVE-2026-41579)',
    'hostile-rootfs',
    '/dev of the image leads to the host, without a mount at /dev (CVE-2026-41579)',
    '/dev absolute',
  ),
  row('S09', '/dev/console is a link (CVE-2026-88264)', 'terminal', 'a hostile /dev/console'),
  row(
    'S10',
    'a false /dev/null becomes stdio (CVE-2026-88265)',
    'hostile-rootfs',
    'a false /dev/null never becomes stdio and never survives (CVE-2026-88265)',
    'the zero device',
  ),
  row(
    'S11',
    'a mask’s source is the container’s /dev/null (CVE-2025-31133)',
    'hostile-masks',
    'masks do not come from the /dev of the container (CVE-2025-31133)',
    '/dev/null leads to zero',
  ),
  row('S12', 'the terminal is not of the container’s devpts (CVE-2025-52565)', 'terminal', 'a hostile /dev/pts'),
  row(
    'S13',
    'a write to procfs lands elsewhere (CVE-2025-52881)',
    'attacks',
    'a sysctl is not written to what the image has at /proc (CVE-2025-52881, S13)',
  ),
  row(
    'S14',
    'something is mounted over procfs (CVE-2019-16884, CVE-2019-18837)',
    'hostile-mounts',
    'nothing is mounted at or below /proc',
    'tmpfs at /proc',
  ),
  row(
    'S15',
    '/proc or /sys of the image is a link (CVE-2019-19921, CVE-2023-27561, CVE-2023-28642)',
    'hostile-rootfs',
    '/proc and /sys must be directories (CVE-2019-19921, CVE-2023-27561)',
    '/proc is a symlink to /tmp',
  ),
  row(
    'S16',
    'a mount point is exchanged between look and mount (CVE-2021-30465)',
    'attacks',
    'a mount point that is exchanged after it was looked at (CVE-2021-30465, S16)',
  ),
  row(
    'S17',
    'read-only paths of procfs are written (CVE-2015-3630)',
    'attacks',
    'read-only paths of procfs are read-only (CVE-2015-3630, S17)',
  ),
  row(
    'S18',
    'a hook inherits descriptors',
    'hook-endings',
    'hooks keep nothing of the caller open and have no fd but 0, 1, 2',
  ),
  row('S19', 'a bind loses its attributes', 'attacks', 'a bind has the attributes that it was asked for (S19)'),
  row(
    'S20',
    'the container’s mounts appear on the host',
    'attacks',
    'what a container mounts does not appear on a host whose mounts are shared (S20)',
  ),
  row(
    'S21',
    'a procfs of the host stays where pivot_root is not used',
    'attacks',
    'with --no-pivot no procfs of the host stays in the namespace (S21)',
  ),
  row(
    'S22',
    'a bind changes the filesystem that it is of',
    'hostile-mounts',
    'options of a filesystem on a bind are refused',
  ),
  row(
    'S23',
    'a copy follows links of the image (CVE-2018-15664)',
    'hostile-mounts',
    'tmpcopyup copies links as links and leaves the image as it is',
  ),
  row('S24', 'a mount covers the root itself', 'hostile-mounts', 'a destination is below the root'),
  row('S25', 'the root is a link', 'hostile-mounts', 'the root is no symlink and no file'),
  row(
    'S26',
    'a NUL cuts a text off after it was checked',
    'hostile-mounts',
    'NUL in any text is refused with its place',
  ),
  row(
    'S27',
    'a length of the plan lies (CVE-2021-43784)',
    'attacks',
    'a plan that is not sound is not carried out (CVE-2021-43784, S27)',
  ),
  row('S28', 'a mount gets the source of another', 'attacks', 'each mount gets the source that is its own (S28)'),
  row(
    'S29',
    'inheritable capabilities come back by files (CVE-2022-29162, CVE-2022-24769)',
    'waiting-init',
    'credentials are the container’s already',
  ),
  row(
    'S30',
    'ambient capabilities stay with another user (CVE-2016-8867)',
    'waiting-init',
    'credentials are the container’s already',
  ),
  row('S31', 'the bounding set is not dropped', 'waiting-init', 'credentials are the container’s already'),
  row(
    'S32',
    'groups of the caller stay (CVE-2022-2989, CVE-2022-36109, CVE-2023-25173)',
    'attacks',
    'no group of the caller is the container’s (CVE-2022-2989, CVE-2022-36109, S32)',
  ),
  row(
    'S33',
    'a text that is no number becomes uid 0 (CVE-2026-30892, CVE-2024-40635)',
    'attacks',
    'a user is a number and nothing else (CVE-2026-30892, CVE-2024-40635, S33)',
  ),
  row(
    'S34',
    'a FIFO or an endless file as /etc/passwd (CVE-2026-47262)',
    'hostile-rootfs',
    'whatever /etc/passwd is, HOME is found or "/" (CVE-2026-47262)',
    'a FIFO',
  ),
  row('S35', 'a namespace of another type is joined', 'namespaces', 'a path of another type'),
  row(
    'S36',
    'the caller’s session keyring is the container’s',
    'attacks',
    'the session keyring of the caller is not the container’s (S36)',
  ),
  row(
    'S37',
    'the filter comes before init is done with what it forbids',
    'seccomp',
    'with no_new_privs init needs nothing of a profile but the execve',
  ),
  row(
    'S38',
    'a call of another architecture goes past the filter',
    'seccomp',
    'a call of another architecture is killed',
  ),
  row('S39', 'init asks the agent about its own write', 'seccomp', 'rules that init cannot obey are refused'),
  row(
    'S40',
    'the container types into the caller’s terminal (CVE-2016-10124, CVE-2017-5226)',
    'waiting-init',
    'namespaces, session, and no environment of the caller',
  ),
  row('S42', 'a console socket that accepts nobody', 'terminal', 'console sockets that are none'),
  row('S43', 'the host’s null device is given to the container’s user', 'stdio', 'owner of stdio'),
  row(
    'S44',
    'the host’s cgroups are mounted without nosuid, nodev, noexec (CVE-2023-25809)',
    'cgroup-namespace',
    'v2: its own cgroup is the root, read-only and hardened',
  ),
  row(
    'S45',
    'a release agent of cgroup v1 (CVE-2022-0492)',
    'cgroup-namespace',
    'v1: each hierarchy, read-only and hardened',
  ),
  row(
    'S46',
    'exec enters a cgroup beside the container’s (GHSA-5g49-rx9x-qfc6)',
    'attacks',
    'exec enters no cgroup beside the container’s (S46)',
  ),
  row(
    'S47',
    'devices are allowed by default',
    'limits',
    'a device that is not allowed cannot be opened, nor after update',
  ),
  row('S48', 'exec lands in a cgroup that the container has chosen (CVE-2025-47291)', 'exec', 'v2'),
  row(
    'S49',
    'an annotation sets any property of a unit (CVE-2024-3154)',
    'systemd',
    'what is not allowed is refused before anything is made',
  ),
  row(
    'S50',
    'the container’s user gets its own limits',
    'cgroup-namespace',
    'v2, writable: exactly what the kernel calls delegated is its own',
  ),
  hanging(
    row(
      'S51',
      'a killed container stays frozen',
      'pause',
      'kill KILL and delete --force end a paused container and leave nothing frozen',
    ),
  ),
  row(
    'S52',
    'oom_score_adj of another process (CVE-2019-14891)',
    'attacks',
    'oom_score_adj is that of the container alone (CVE-2019-14891, S52)',
  ),
  row(
    'S53',
    'a sysctl of the host is set (CVE-2022-0811)',
    'attacks',
    'a sysctl that is the host’s is refused (CVE-2022-0811, S53)',
  ),
  row(
    'S54',
    'a container runs without the label that it was to have',
    'attacks',
    'a label that cannot be given is an error (S54)',
  ),
  row('S55', 'a mask is gone around or not made', 'hostile-masks', 'masked paths stay masked', 'a read-only root'),
  row('S56', 'a class of resctrl leads elsewhere', 'resctrl', 'names that are no class are refused'),
  row(
    'S57',
    'names of network devices that are none',
    'net-devices',
    'what cannot be meant is refused before anything is made',
  ),
  row(
    'S58',
    'a hook inherits an environment (CVE-2025-23266)',
    'hooks',
    'an environment that is given is all there is',
  ),
  row(
    'S59',
    'children of a hook outlive its timeout',
    'hook-endings',
    'a timeout ends the hook and its children, and the command',
  ),
  row('S60', 'a container speaks for the service', 'notify', 'run --detach returns when the container is ready'),
  row('S61', 'a container is started twice', 'lifecycle', 'an id is taken once, a container is started once'),
  row('S62', 'an id is a path', 'hostile-state', 'ids'),
  row(
    'S63',
    'others can write the state (CVE-2019-11328)',
    'hostile-state',
    'a state root that others could write is refused (CVE-2019-11328)',
    'writable by all',
  ),
  row('S64', 'the log is a link', 'errors-of-commands', 'logs'),
  row(
    'S65',
    'a pid is somebody else’s by now',
    'hostile-state',
    'a pid that belongs to another process now is not signalled',
    'another start time',
  ),
  row(
    'S66',
    'a text of the config is obeyed by the terminal',
    'errors-of-commands',
    'the text of a hostile config does not reach the terminal as it is',
  ),
  row(
    'S67',
    'the container’s root gets at a process before it is executed',
    'exec-races',
    'nobody in the container looks into a joining process (CVE-2016-9962)',
  ),
  row(
    'S68',
    'the image brings devices of its own',
    'hostile-rootfs',
    'other nodes of the image are right or refused',
    'a regular file',
  ),
  row(
    'S69',
    'signals and CPUs of the caller are inherited',
    'attacks',
    'nothing that the caller’s process has is inherited (S69)',
  ),
  row(
    'S70',
    'noci is set-user-ID (CVE-2016-8659, CVE-2020-5291)',
    'attacks',
    'set-user-ID and capabilities of the file are refused (CVE-2016-8659, CVE-2020-5291, S70)',
  ),
  row(
    'S71',
    'a socket that every process of the network namespace reaches (CVE-2020-15257)',
    'notify',
    'no socket is abstract (CVE-2020-15257)',
  ),
  row(
    'S72',
    'capabilities that the config does not give (CVE-2014-3519)',
    'waiting-init',
    'credentials are the container’s already',
  ),
  row('S73', 'an id-mapped mount is not mapped', 'idmap', 'a mount is mapped by the user namespace of the container'),
  row('S74', 'limits of the caller stay', 'host', 'a limit of open files in config.json'),
  row(
    'S76',
    'a mask that cannot be made is left out',
    'attacks',
    'a mask that cannot be made is an error, whatever fails (S76)',
  ),
  row(
    'S77',
    'a process writes lines of its status by its name',
    'attacks',
    'the name of a process is no line of its status: pause, inspect (S77)',
  ),
  row('S78', 'cgroups in cgroups use up the fds', 'attacks', 'cgroups in cgroups, more than there are fds (S78)'),
  row('S79', 'an output file is a link, or another’s', 'trace', 'it never writes to what is there'),
  row('S80', 'a browser obeys a text of a trace', 'timeline', 'a page of its own'),
  row('S81', 'gc removes what is not the runtime’s own', 'gc', 'what proves nothing'),
];
