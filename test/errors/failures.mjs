// The commonest failures as data: how each is made, and how a reader mends it who follows noci's message to the letter.
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const shell = (command) => execFileSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });

/** What a message tells in the first group of `pattern`. */
function told(text, pattern) {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing to follow in: ${text}`);
  return found;
}

function change(bundle, work) {
  const path = join(bundle, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  work(config);
  writeFileSync(path, JSON.stringify(config, null, 2));
}

/** Takes out, or puts `value` in the place of, what the message names: "(config.json: /mounts/0)". */
function replaceAt(bundle, text, value) {
  const members = told(text, /\(config\.json: ([^)]+)\)/)
    .split('/')
    .slice(1);
  change(bundle, (config) => {
    const last = members.pop();
    const parent = members.reduce((inner, member) => inner[member], config);
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  });
}

function script(bundle, text, mode) {
  writeFileSync(join(bundle, 'rootfs/run.sh'), text);
  chmodSync(join(bundle, 'rootfs/run.sh'), mode);
}

/** For a container whose root is uid 100000 of the host. */
function mapped(config) {
  const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  Object.assign(config.linux, { uidMappings: ids, gidMappings: ids });
  config.linux.namespaces.push({ type: 'user' });
}

/**
 * name: what the section of docs/errors.md is called;
 * where: 'anywhere', or 'guest' for what changes a whole host or needs one with cgroup v2, AppArmor and users;
 * user: the caller is an ordinary user with a config of `spec --rootless`;
 * make: makes the bundle one that fails; host, heal: shell commands for the host before and after;
 * through: words before the runtime; options: global options;
 * mend: follows the message; it returns other words for the call where that is what the message tells.
 */
export const failures = [
  {
    name: 'The source of a bind mount is missing',
    where: 'anywhere',
    make: (config, bundle) =>
      config.mounts.push({ destination: '/data', type: 'bind', source: `${bundle}/data`, options: ['rbind'] }),
    mend: (text) => shell(told(text, /; (mkdir -p \S+) on the host/)),
  },
  {
    name: 'config.json is no JSON',
    where: 'anywhere',
    make: () => {},
    text: (text) => text.replace(/\n\}$/, ',\n}'),
    mend: (text, bundle) => {
      told(text, /(remove the comma before it)/);
      const path = join(bundle, 'config.json');
      const lines = readFileSync(path, 'utf8').split('\n');
      const line = Number(told(text, /line (\d+)/)) - 1;
      const column = Number(told(text, /column (\d+)/)) - 1;
      const before = [...lines.slice(0, line), lines[line].slice(0, column)].join('\n').replace(/,\s*$/, '\n');
      writeFileSync(path, before + [lines[line].slice(column), ...lines.slice(line + 1)].join('\n'));
    },
  },
  {
    name: 'The cgroup driver is the other one',
    where: 'guest',
    options: ['--systemd-cgroup'],
    make: (config) => {
      config.linux.cgroupsPath = '/pod/web';
    },
    mend: (text) => {
      told(text, /(call without --systemd-cgroup)/);
      return { options: [] };
    },
  },
  {
    name: 'The user has no range of ids',
    where: 'guest',
    user: true,
    make: (config) => config.linux.uidMappings.push({ containerID: 1, hostID: 900_000, size: 1000 }),
    mend: (text) => appendFileSync('/etc/subuid', `${told(text, /root allows it by a line (\S+?)["\s(]/)}\n`),
  },
  {
    name: 'A part of /proc is masked, and the container has a user namespace',
    where: 'anywhere',
    through: ['unshare', '--mount', 'sh', '-c', 'mount --bind /dev/null /proc/keys && exec "$@"', 'sh'],
    make: mapped,
    mend: (text, bundle) => replaceAt(bundle, text, JSON.parse(told(text, /put (\{.+?\}) in place of this entry/))),
  },
  {
    name: 'An AppArmor profile is not loaded',
    where: 'guest',
    make: (config) => {
      config.process.apparmorProfile = 'web';
    },
    mend: (text, bundle) => {
      told(text, /(take this property out)/);
      replaceAt(bundle, text);
    },
  },
  {
    name: 'A controller is not delegated',
    where: 'guest',
    user: true,
    host: 'mkdir -p /sys/fs/cgroup/box/mine/shell && chown -R 1000:1000 /sys/fs/cgroup/box/mine',
    through: ['sh', '-c', 'echo 0 > /sys/fs/cgroup/box/mine/shell/cgroup.procs && exec "$@"', 'sh'],
    make: (config) => {
      config.linux.cgroupsPath = '/box/mine/web';
      config.linux.resources = { cpu: { quota: 50_000, period: 100_000 } };
    },
    mend: (text) => shell(told(text, /root does that by (echo .+?), or/)),
  },
  {
    name: 'There are too many mounts',
    where: 'guest',
    host: 'sysctl -qw fs.mount-max=$(($(wc -l < /proc/self/mountinfo) + 3))',
    heal: 'sysctl -qw fs.mount-max=100000',
    make: () => {},
    mend: (text) => shell(told(text, /root allows more by (sysctl -w \S+)/)),
  },
  {
    name: 'A seccomp profile kills at the start',
    where: 'anywhere',
    make: (config) => {
      config.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['execve'], action: 'SCMP_ACT_KILL_PROCESS' }],
      };
    },
    mend: (text, bundle) => {
      told(text, /(add "execve", .* to the names of a rule with "SCMP_ACT_ALLOW")/);
      change(bundle, (config) => {
        config.linux.seccomp.syscalls = [{ names: ['execve'], action: 'SCMP_ACT_ALLOW' }];
      });
    },
  },
  {
    name: 'The interpreter of a script is missing',
    where: 'anywhere',
    make: (config, bundle) => {
      config.process.args = ['/run.sh'];
      script(bundle, '#!/bin/bash\nexit 0\n', 0o755);
    },
    mend: (text, bundle) => {
      told(text, /its interpreter "\/bin\/bash" is missing: .*(name another one in the first line)/);
      script(bundle, '#!/bin/sh\nexit 0\n', 0o755);
    },
  },
  {
    name: 'A file is not executable',
    where: 'anywhere',
    make: (config, bundle) => {
      config.process.args = ['/run.sh'];
      script(bundle, '#!/bin/sh\nexit 0\n', 0o644);
    },
    mend: (text, bundle) => shell(`${told(text, /: (chmod a\+x) it in the root filesystem/)} ${bundle}/rootfs/run.sh`),
  },
  {
    name: 'A directory above the executable is closed',
    where: 'anywhere',
    make: (config, bundle) => {
      config.process.args = ['/opt/run.sh'];
      config.process.user = { uid: 1000, gid: 1000 };
      mkdirSync(join(bundle, 'rootfs/opt'), { mode: 0o700 });
      writeFileSync(join(bundle, 'rootfs/opt/run.sh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    },
    mend: (text, bundle) =>
      shell(`${told(text, /: (chmod a\+x) it in the root/)} ${bundle}/rootfs${told(text, /the directory "([^"]+)"/)}`),
  },
  {
    name: 'User namespaces are switched off',
    where: 'guest',
    user: true,
    host: 'sysctl -qw user.max_user_namespaces=0',
    heal: 'sysctl -qw user.max_user_namespaces=15000',
    make: () => {},
    mend: (text) => shell(told(text, /root allows it by (sysctl -w \S+?)["\s(,]/)),
  },
];
