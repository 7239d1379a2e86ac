import {
  type Address,
  addAddress,
  findLink,
  type Link,
  lastingAddresses,
  listLinks,
  moveLink,
  setUp,
} from '../host/rtnetlink.ts';
import type { Fd, InitProcess, Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from '../native/open-flags.ts';
import type { LinuxNetDevice } from '../oci/types.ts';
import { pointer } from '../plan/pointer.ts';
import type { Creation } from './creation.ts';
import { startPrefix } from './explain-failure.ts';

/** A network namespace: a socket of netlink in it, and the namespace itself. */
interface Side {
  readonly socket: Fd;
  readonly namespace: Fd;
}

function openNamespace(native: Native, process: number | 'self'): Fd {
  return native.open(AT_FDCWD, `/proc/${process}/ns/net`, O_RDONLY | O_CLOEXEC, 0);
}

/**
 * `linux.netDevices`: each goes to the container's network namespace, with its lasting addresses, and is up there. When the container
 * cannot be made after all, they come back. At its end they are the kernel's business. config-linux.md § Network Devices
 *
 * @param socket of netlink, made by init in its network namespace; it is this function's
 */
export function moveNetDevices({ native, prepared, undo }: Creation, { pid }: InitProcess, socket: Fd): void {
  const host: Side = { socket: native.netlinkRoute(), namespace: openNamespace(native, 'self') };
  const inside: Side = { socket, namespace: openNamespace(native, pid) };
  const close = () => {
    for (const side of [host, inside]) for (const fd of Object.values(side) as Fd[]) native.close(fd);
  };
  undo.add('close network namespaces', close, close);
  for (const [name, device] of Object.entries(prepared.bundle.config.linux?.netDevices ?? {})) {
    try {
      moveNetDevice({ native, undo }, host, inside, name, device);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(startPrefix + error.message, pointer('linux', 'netDevices', name), { cause: error });
    }
  }
}

function moveNetDevice(
  { native, undo }: Pick<Creation, 'native' | 'undo'>,
  host: Side,
  inside: Side,
  name: string,
  { name: newName = '' }: LinuxNetDevice,
): void {
  const before = findLink(native, host.socket, name);
  if (before === undefined) throw new Failure(`link not found for interface ${name} on runtime namespace`);
  // before it is moved: the kernel takes them away
  const addresses = lastingAddresses(native, host.socket, before);
  const link = move(native, host, inside, before, newName === '' ? name : newName);
  undo.add(`return network device ${name}`, () => {
    settle(native, host, move(native, inside, host, link, name), addresses, before.up);
  });
  settle(native, inside, link, addresses, true);
}

/** The interface as it is on the other side; its index is another one where that is taken. */
function move(native: Native, from: Side, to: Side, link: Link, name: string): Link {
  const isTemplate = name.endsWith('%d');
  // the kernel moves first and renames then, and does not go back when it cannot
  if (!isTemplate && findLink(native, to.socket, name) !== undefined)
    throw new Failure(`a network device ${name} exists there already`);
  const there = new Set(isTemplate ? listLinks(native, to.socket).map(({ index }) => index) : []);
  moveLink(native, from.socket, link, to.namespace, name);
  const moved = isTemplate
    ? listLinks(native, to.socket).find((one) => !there.has(one.index) && one.name.startsWith(name.slice(0, -2)))
    : findLink(native, to.socket, name);
  if (moved === undefined) throw new Failure(`network device ${name} is not where it was moved to`);
  return moved;
}

function settle(native: Native, { socket }: Side, link: Link, addresses: readonly Address[], up: boolean): void {
  for (const address of addresses) addAddress(native, socket, link, address);
  if (up) setUp(native, socket, link);
}
