import t from 'tap';
import type { Config } from '../../../bench/bundles.ts';
import { capabilityMask, judge, readReport } from '../../../bench/verify.ts';

const config = {
  hostname: 'runc',
  process: {
    terminal: false,
    args: [],
    noNewPrivileges: true,
    capabilities: { bounding: ['CAP_KILL'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'] },
    rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
  },
  root: { path: 'rootfs', readonly: true },
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['ro'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro'] },
  ],
  linux: {
    namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
    resources: {},
    maskedPaths: ['/proc/kcore', '/proc/missing'],
    readonlyPaths: ['/proc/sys'],
  },
} satisfies Config;

const good = `pid 1
hostname runc
ns-pid pid:[1]
ns-net net:[1]
ns-ipc ipc:[1]
ns-uts uts:[1]
ns-mnt mnt:[1]
ns-user OWN
status-CapBnd: 0000000000000020
status-CapEff: 0000000000000020
status-CapPrm: 0000000000000020
status-NoNewPrivs: 1
status-Seccomp: 0
nofile 1024 1024
mount / ro,relatime
mount /proc rw
mount /sys ro
mount /sys/fs/cgroup rw
mount /sys/fs/cgroup/pids ro
mount /proc/kcore rw
mount /proc/sys ro
cgroup 2:pids:/x
cgroup 0::/
device null
device zero
device full
device random
device urandom
device tty
exists /proc/kcore
exists /proc/sys
end of report
`;

/** The report with lines exchanged; the user namespace is that of this process, which b1 shares. */
async function judged(from: string | RegExp = '', to = ''): Promise<string | undefined> {
  const { readlinkSync } = await import('node:fs');
  const text = good.replace('OWN', readlinkSync('/proc/self/ns/user')).replace(from, to);
  return judge(readReport(text), { config, id: 'x' });
}

t.test('what the config asks for passes', async (t) => {
  t.equal(await judged(), undefined);
});

t.test('whatever is left out is noticed', async (t) => {
  const { readlinkSync } = await import('node:fs');
  const host = (name: string) => readlinkSync(`/proc/self/ns/${name}`);
  const cases: [string | RegExp, string, RegExp][] = [
    ['end of report', '', /^report/],
    ['pid 1', 'pid 7', /^pid is 7, not 1/],
    ['hostname runc', 'hostname host', /^hostname/],
    ['net:[1]', host('net'), /^namespace net/],
    [host('user'), 'user:[1]', /^namespace user/],
    ['pids:/x', 'pids:/', /^cgroup 2:pids/],
    [/status-CapEff.*/, 'status-CapEff: 000001ffffffffff', /^CapEff/],
    ['NoNewPrivs: 1', 'NoNewPrivs: 0', /^no_new_privs/],
    ['Seccomp: 0', 'Seccomp: 2', /^seccomp/],
    ['nofile 1024', 'nofile 4096', /^RLIMIT_NOFILE/],
    ['mount /proc rw\n', '', /^mounts \/proc is not mounted/],
    ['mount /sys ro', 'mount /sys rw', /^mounts \/sys is not mounted read-only/],
    ['mount /sys/fs/cgroup/pids ro', 'mount /sys/fs/cgroup/pids rw', /^mounts \/sys\/fs\/cgroup\/pids/],
    ['mount / ro', 'mount / rw', /^root/],
    ['mount /proc/kcore rw\n', '', /^maskedPaths \/proc\/kcore/],
    ['mount /proc/sys ro', 'mount /proc/sys rw', /^readonlyPaths/],
    ['device tty\n', '', /^devices/],
  ];
  for (const [from, to, problem] of cases) t.match(await judged(from, to), problem, String(problem));
});

t.test('capabilities become the mask of /proc/self/status', async (t) => {
  t.equal(capabilityMask(['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE']), '0000000020000420');
});
