import type { LinuxCapabilities } from '../oci/types.ts';
import type { Warner } from './planner.ts';

/** Every capability, at the index of its bit. capabilities(7), up to Linux 5.9 */
export const CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
];

const bits: ReadonlyMap<string, bigint> = new Map(CAPABILITIES.map((name, bit) => [name, 1n << BigInt(bit)]));

/** The five sets as 64-bit masks. */
export interface CapabilityMasks {
  readonly bounding: bigint;
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

/** `available`: the capabilities that can be given away, i.e. the runtime's bounding set. */
function mask(names: readonly string[] | undefined, available: bigint): bigint {
  return (names ?? []).reduce((sum, name) => sum | ((bits.get(name) ?? 0n) & available), 0n);
}

/** `process.capabilities` without what is unknown or unavailable; a set that is absent is empty. */
export function capabilityMasks(capabilities: LinuxCapabilities | undefined, available: bigint): CapabilityMasks {
  return {
    bounding: mask(capabilities?.bounding, available),
    effective: mask(capabilities?.effective, available),
    permitted: mask(capabilities?.permitted, available),
    inheritable: mask(capabilities?.inheritable, available),
    ambient: mask(capabilities?.ambient, available),
  };
}

/** The names of a mask's capabilities. */
export function capabilityNames(mask: bigint): string[] {
  return CAPABILITIES.filter((_name, bit) => (mask >> BigInt(bit)) & 1n);
}

/** One warning for all names that the kernel does not know or the runtime does not have; config.md § Linux Process. */
export const capabilityWarnings: Warner = ({ process: { capabilities }, facts }) => {
  const names = capabilities
    ? (['bounding', 'effective', 'permitted', 'inheritable', 'ambient'] as const).flatMap(
        (set) => capabilities[set] ?? [],
      )
    : [];
  const ignored = [...new Set(names)].filter((name) => ((bits.get(name) ?? 0n) & facts.boundingSet) === 0n).sort();
  return ignored.length > 0 ? [`ignoring unknown or unavailable capabilities: [${ignored.join(' ')}]`] : [];
};
