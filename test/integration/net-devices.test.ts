// Network devices that move into a container. The "host" is a network namespace of the test's own, never the machine's.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { type Container, makeContainer, must, until } from './container.ts';

/** Why nothing of this can run here, or false. */
function lacking(): string | false {
  if (missing() !== false) return missing();
  if (!existsSync('/usr/sbin/ip') && !existsSync('/sbin/ip')) return 'Debian package iproute2 is missing';
  try {
    execFileSync('unshare', ['-n', 'ip', 'link', 'add', 'x0', 'type', 'veth', 'peer', 'name', 'x1'], {
      stdio: 'ignore',
    });
    return false;
  } catch {
    return 'this kernel has no veth devices';
  }
}

const options = { skip: lacking(), timeout: 300_000 };

interface Host {
  /** a runtime that runs in the network namespace */
  readonly runtime: string;
  /** an ip(8) there */
  ip(...args: string[]): string;
}

/** A network namespace with one end of a veth pair, eth7: permanent addresses of global and of link scope, an MTU, up. */
async function makeHost(t: Test): Promise<Host> {
  const holder: ChildProcess = spawn('unshare', ['-n', 'sleep', '1000'], { stdio: 'ignore' });
  t.teardown(() => holder.kill('SIGKILL'));
  const { pid } = holder;
  const own = readlinkSync('/proc/self/ns/net');
  await until(() => readlinkSync(`/proc/${pid}/ns/net`) !== own);
  const folder = mkdtempSync(join(tmpdir(), 'noci-net-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const runtime = join(folder, 'noci');
  writeFileSync(runtime, `#!/bin/sh\nexec /usr/bin/nsenter --net=/proc/${pid}/ns/net ${noci} "$@"\n`);
  chmodSync(runtime, 0o755);
  const ip = (...args: string[]) =>
    execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', ...args], { encoding: 'utf8' });
  ip('link', 'add', 'eth7', 'mtu', '1400', 'address', '02:00:00:00:00:07', 'type', 'veth', 'peer', 'name', 'peer7');
  ip('link', 'set', 'peer7', 'up');
  ip('link', 'set', 'eth7', 'up');
  ip('addr', 'add', '10.9.8.7/24', 'brd', '10.9.8.255', 'dev', 'eth7');
  ip('addr', 'add', '10.9.7.1/32', 'peer', '10.9.7.2', 'dev', 'eth7');
  ip('addr', 'add', '10.8.8.8/24', 'scope', 'link', 'dev', 'eth7');
  ip('addr', 'add', 'fd00:9::7/64', 'nodad', 'dev', 'eth7');
  return { runtime, ip };
}

interface Address {
  readonly local: string;
  readonly address?: string;
  readonly prefixlen: number;
  readonly scope: string;
  readonly broadcast?: string;
}

interface Device {
  readonly ifname: string;
  readonly mtu: number;
  readonly address: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly Address[];
}

/** What ip(8) says of the devices in a network namespace. */
function devices(namespace: string): Device[] {
  return JSON.parse(execFileSync('nsenter', [`--net=${namespace}`, 'ip', '-j', 'addr'], { encoding: 'utf8' }));
}

const names = (list: readonly Device[]): string[] =>
  list
    .map(({ ifname }) => ifname)
    .filter((name) => name !== 'lo')
    .sort();

const lasting = ({ addr_info }: Device): string[] =>
  addr_info
    .filter(({ scope }) => scope === 'global')
    .map(({ local, address, prefixlen, broadcast }) => `${local} ${address ?? ''} ${prefixlen} ${broadcast ?? ''}`);

function container(
  t: Test,
  { runtime }: Host,
  netDevices: Draft,
  change: (config: Draft, folder: string) => void = () => {},
): Container {
  return makeContainer(
    t,
    (config, folder) => {
      config.process.args = ['sleep', '100'];
      config.linux.netDevices = netDevices;
      change(config, folder);
    },
    runtime,
  );
}

/** As root of a user namespace, in which the network namespace is. */
function inUserNamespace(config: Draft, folder: string): void {
  chmodSync(folder, 0o755);
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  config.linux.gidMappings = config.linux.uidMappings;
}

const addresses = ['10.9.8.7  24 10.9.8.255', '10.9.7.1 10.9.7.2 32 ', 'fd00:9::7  64 '];

t.test('a device goes to the container as it is, and is up there', options, async (t) => {
  for (const [title, device, name, change] of [
    ['by its name', {}, 'eth7', () => {}],
    ['by another name', { name: 'net0' }, 'net0', () => {}],
    ['by the name that the kernel makes of a template', { name: 'lan%d' }, 'lan0', () => {}],
    ['into a user namespace', { name: 'net0' }, 'net0', inUserNamespace],
  ] as const) {
    await t.test(title, async (t) => {
      const host = await makeHost(t);
      const made = container(t, host, { eth7: device }, change);
      must(made.create());
      const inside = devices(`/proc/${made.state().pid}/ns/net`);
      t.strictSame(names(inside), [name]);
      const moved = inside.find(({ ifname }) => ifname === name) as Device;
      t.match(moved, { mtu: 1400, address: '02:00:00:00:00:07' });
      t.ok(moved.flags.includes('UP'));
      t.strictSame(lasting(moved).sort(), [...addresses].sort(), 'addresses of global scope, and no others');
      t.strictSame(names(JSON.parse(host.ip('-j', 'addr'))), ['peer7'], 'the host has it no more');
      must(made.kill());
      must(made.delete('--force'));
    });
  }
});

t.test('the process sees the device, and hooks see it before', options, async (t) => {
  const host = await makeHost(t);
  const made = container(t, host, { eth7: { name: 'net0' } }, (config, folder) => {
    config.process.args = ['cat', '/sys/class/net/net0/mtu', '/proc/net/dev'];
    const script = `nsenter --net=/proc/$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/')/ns/net ip -o link > ${folder}/hook`;
    config.hooks = {
      createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', script], env: [`PATH=${process.env.PATH}`] }],
    };
  });
  t.match(must(made.run()).stdout, /^1400\n(.*\n)*.*net0:/);
  t.match(readFileSync(join(made.bundle, 'hook'), 'utf8'), /net0.*state/);
});

t.test('a device goes to a network namespace that the container joins', options, async (t) => {
  const host = await makeHost(t);
  const owner = container(t, host, {});
  must(owner.create());
  const path = `/proc/${owner.state().pid}/ns/net`;
  const join_ = (config: Draft) => {
    config.linux.namespaces.find(({ type }: Draft) => type === 'network').path = path;
  };
  const guest = container(t, host, { eth7: { name: 'net0' } }, join_);
  must(guest.create());
  t.strictSame(names(devices(path)), ['net0']);
  const other = container(t, host, { peer7: { name: 'net0' } }, join_);
  t.match(other.create(), {
    status: 1,
    stderr: /a network device net0 exists there already.*\/linux\/netDevices\/peer7/,
  });
  t.match(host.ip('link', 'show', 'peer7'), /UP/, 'what could not be moved is as it was');
  const third = container(t, host, { peer7: { name: 'net%d' } }, join_);
  must(third.create());
  t.strictSame(names(devices(path)), ['net0', 'net1']);
  for (const one of [guest, third, owner]) must(one.delete('--force'));
});

t.test('when the container cannot be made the devices come back', options, async (t) => {
  const host = await makeHost(t);
  const before = JSON.parse(host.ip('-j', 'addr')).find(({ ifname }: Device) => ifname === 'eth7');
  for (const change of [
    (config: Draft) => {
      config.process.args = ['not-there'];
    },
    (config: Draft) => {
      config.linux.netDevices.peer7 = { name: 'lo' };
    },
  ]) {
    const made = container(t, host, { eth7: { name: 'net0' } }, change);
    t.equal(made.create().status, 1);
    t.strictSame(readdirSync(made.root), []);
    const after = JSON.parse(host.ip('-j', 'addr')).find(({ ifname }: Device) => ifname === 'eth7');
    t.match(after, { mtu: 1400, address: '02:00:00:00:00:07' });
    t.ok(after.flags.includes('UP'));
    t.strictSame(lasting(after).sort(), lasting(before).sort());
  }
});

t.test('what cannot be meant is refused before anything is made', options, async (t) => {
  const host = await makeHost(t);
  const long = 'x'.repeat(16);
  for (const [netDevices, text, change] of [
    [{ nowhere: {} }, /link not found for interface nowhere on runtime namespace/],
    [{ 'a/b': {} }, /invalid network device name \\"a\/b\\"/],
    [{ [long]: {} }, /invalid network device name \\"x{16}\\"/],
    [{ '..': {} }, /invalid network device name \\"\.\.\\"/],
    [{ 'a b': {} }, /invalid network device name \\"a b\\"/],
    [{ eth7: { name: 'a:b' } }, /invalid network device name \\"a:b\\"/],
    [{ eth7: { name: '%d%d' } }, /invalid network device name \\"%d%d\\"/],
    [{ eth7: { name: 'a' }, peer7: { name: 'a' } }, /two network devices cannot both be \\"a\\"/],
    [
      { eth7: {} },
      /unable to move network devices without a NET namespace/,
      (config: Draft) => {
        config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'network');
      },
    ],
    [
      { eth7: {} },
      /unable to move network devices without a private NET namespace/,
      (config: Draft) => {
        const network = config.linux.namespaces.find(({ type }: Draft) => type === 'network');
        network.path = '/proc/self/ns/net';
      },
    ],
  ] as const) {
    const made = container(t, host, netDevices, change);
    t.match(made.create(), { status: 1, stderr: text });
    t.strictSame(readdirSync(made.root), []);
  }
  t.strictSame(names(JSON.parse(host.ip('-j', 'addr'))), ['eth7', 'peer7']);
});
