import type { Fd, Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure } from '../native/failure.ts';

/**
 * Interfaces and their addresses, asked of and told to the kernel over a socket of netlink, for the network namespace that the socket was
 * made in. Numbers are in the machine's byte order, little-endian on all that noci runs on. netlink(7), rtnetlink(7)
 */

/** linux/rtnetlink.h */
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
/** linux/netlink.h */
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
/** linux/if_link.h */
const IFLA_IFNAME = 3;
const IFLA_NET_NS_FD = 28;
/** linux/if_addr.h */
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const IFA_FLAGS = 8;
const IFA_RT_PRIORITY = 9;
const IFA_F_PERMANENT = 0x80;
/** What somebody may ask for: no duplicate address detection, home address, temporary addresses, no prefix route, multicast. */
const IFA_F_SETTABLE = 0x02 | 0x10 | 0x100 | 0x200 | 0x400;
/** linux/rtnetlink.h: an address for the whole world */
const RT_SCOPE_UNIVERSE = 0;
/** linux/if.h */
const IFF_UP = 0x1;

/** A message of the kernel is 32 KiB at most. linux/netlink.h, NLMSG_GOODSIZE */
const largest = 65536;

/** struct nlmsghdr, ifinfomsg, ifaddrmsg */
const headerSize = 16;
const linkSize = 16;
const addressSize = 8;

/** One interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
}

/** One address of an interface, with the attributes of it that are given again elsewhere. */
export interface Address {
  readonly family: number;
  readonly prefixLength: number;
  readonly attributes: readonly (readonly [type: number, value: Uint8Array])[];
}

/** What the kernel answers an errno with that is usual here. */
const errnoNames: Readonly<Record<number, string>> = {
  1: 'EPERM',
  12: 'ENOMEM',
  16: 'EBUSY',
  17: 'EEXIST',
  19: 'ENODEV',
  22: 'EINVAL',
  95: 'EOPNOTSUPP',
};

/** The kernel said no. */
class Refusal extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

/** "file exists" … in words that nobody takes for the command's. */
function words({ errno }: Refusal): string {
  return setupWords(errnoNames[errno] ?? `errno ${errno}`);
}

/** Does `work`; what the kernel refuses becomes a Failure that begins with `what`. */
function attempted<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Refusal ? new Failure(`${what}: ${words(error)}`) : error;
  }
}

function number32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A name of ASCII with the NUL behind it. */
function nameBytes(name: string): Uint8Array {
  return Uint8Array.from([...name, '\0'], (character) => character.charCodeAt(0));
}

function nameText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
}

/** struct rtattr and value, up to the next multiple of 4 */
function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((value.length + 7) & ~3);
  view(bytes).setUint16(0, 4 + value.length, true);
  view(bytes).setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function linkMessage(index: number, flags: number, change: number): Uint8Array {
  const bytes = new Uint8Array(linkSize);
  view(bytes).setInt32(4, index, true);
  view(bytes).setUint32(8, flags, true);
  view(bytes).setUint32(12, change, true);
  return bytes;
}

function addressMessage({ family, prefixLength }: Pick<Address, 'family' | 'prefixLength'>, index: number): Uint8Array {
  const bytes = Uint8Array.of(family, prefixLength, 0, RT_SCOPE_UNIVERSE, 0, 0, 0, 0);
  view(bytes).setUint32(4, index, true);
  return bytes;
}

/** A request, and the bodies of what the kernel answers. Throws a Refusal. */
function request(native: Native, socket: Fd, type: number, flags: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const body = joined(parts);
  const header = new Uint8Array(headerSize);
  view(header).setUint32(0, headerSize + body.length, true);
  view(header).setUint16(4, type, true);
  view(header).setUint16(6, flags | NLM_F_REQUEST | NLM_F_ACK, true);
  native.write(socket, joined([header, body]));
  const answers: Uint8Array[] = [];
  while (!readAnswers(native.read(socket, largest), answers));
  return answers;
}

/** Takes a datagram apart; true when it holds the end of the answer. */
function readAnswers(data: Uint8Array, answers: Uint8Array[]): boolean {
  const numbers = view(data);
  for (let at = 0; at + headerSize <= data.length; ) {
    const length = numbers.getUint32(at, true);
    const type = numbers.getUint16(at + 4, true);
    if (length < headerSize || at + length > data.length) throw new Failure('netlink: a message is cut off');
    if (type === NLMSG_DONE || type === NLMSG_ERROR) {
      const errno = -numbers.getInt32(at + headerSize, true);
      if (errno !== 0) throw new Refusal(errno);
      return true;
    }
    answers.push(data.subarray(at + headerSize, at + length));
    at += (length + 3) & ~3;
  }
  return false;
}

function attributesOf(body: Uint8Array, offset: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const numbers = view(body);
  for (let at = offset; at + 4 <= body.length; ) {
    const length = numbers.getUint16(at, true);
    if (length < 4) break;
    found.set(numbers.getUint16(at + 2, true) & 0x3fff, body.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

function linkOf(body: Uint8Array): Link {
  const name = attributesOf(body, linkSize).get(IFLA_IFNAME) ?? new Uint8Array();
  return {
    index: view(body).getInt32(4, true),
    name: nameText(name),
    up: (view(body).getUint32(8, true) & IFF_UP) !== 0,
  };
}

/** The interface of this name; undefined: there is none. */
export function findLink(native: Native, socket: Fd, name: string): Link | undefined {
  try {
    const parts = [linkMessage(0, 0, 0), attribute(IFLA_IFNAME, nameBytes(name))];
    return request(native, socket, RTM_GETLINK, 0, parts).map(linkOf)[0];
  } catch (error) {
    if (error instanceof Refusal && errnoNames[error.errno] === 'ENODEV') return undefined;
    throw error instanceof Refusal ? new Failure(`network device ${name}: ${words(error)}`) : error;
  }
}

export function listLinks(native: Native, socket: Fd): Link[] {
  const dump = () => request(native, socket, RTM_GETLINK, NLM_F_DUMP, [linkMessage(0, 0, 0)]);
  return attempted('network devices', dump).map(linkOf);
}

/** Attributes of an address that it keeps; its label begins with the name of the interface, which may change. */
const kept = [IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_RT_PRIORITY];

function addressOf(body: Uint8Array): (Address & { readonly index: number; readonly lasting: boolean }) | undefined {
  const [family = 0, prefixLength = 0, shortFlags = 0, scope = 0] = body;
  const found = attributesOf(body, addressSize);
  const long = found.get(IFA_FLAGS);
  const flags = long === undefined ? shortFlags : view(long).getUint32(0, true);
  const attributes = kept.flatMap((type) => {
    const value = found.get(type);
    return value === undefined ? [] : [[type, value] as const];
  });
  return {
    family,
    prefixLength,
    attributes: [...attributes, [IFA_FLAGS, number32(flags & IFA_F_SETTABLE)]],
    index: view(body).getUint32(4, true),
    lasting: (flags & IFA_F_PERMANENT) !== 0 && scope === RT_SCOPE_UNIVERSE,
  };
}

/** Permanent addresses of global scope: what config-linux.md § Network Devices wants kept. */
export function lastingAddresses(native: Native, socket: Fd, { index, name }: Link): Address[] {
  const dump = () => request(native, socket, RTM_GETADDR, NLM_F_DUMP, [new Uint8Array(addressSize)]);
  return attempted(`addresses of network device ${name}`, dump)
    .map(addressOf)
    .filter((address) => address !== undefined)
    .filter((address) => address.index === index && address.lasting);
}

export function addAddress(native: Native, socket: Fd, { index, name }: Link, address: Address): void {
  const attributes = address.attributes.map(([type, value]) => attribute(type, value));
  const parts = [addressMessage(address, index), ...attributes];
  attempted(`address of network device ${name}`, () =>
    request(native, socket, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, parts),
  );
}

/** Into another network namespace and to another name in one step: it never has a name there that is somebody else's. */
export function moveLink(native: Native, socket: Fd, { index, name }: Link, namespace: Fd, newName: string): void {
  const parts = [
    linkMessage(index, 0, 0),
    attribute(IFLA_NET_NS_FD, number32(namespace)),
    attribute(IFLA_IFNAME, nameBytes(newName)),
  ];
  attempted(`move network device ${name} to ${newName}`, () => request(native, socket, RTM_NEWLINK, 0, parts));
}

export function setUp(native: Native, socket: Fd, { index, name }: Link): void {
  attempted(`set network device ${name} up`, () =>
    request(native, socket, RTM_NEWLINK, 0, [linkMessage(index, IFF_UP, IFF_UP)]),
  );
}
