import type { LinuxDeviceCgroup } from '../../oci/types.ts';
import type { UnitProperty } from '../../plan/plan.ts';
import { accessText, type DeviceException, deviceList } from '../device-list.ts';
import { deviceRules } from '../device-rules.ts';

/** How DeviceAllow= names devices: "char-*", "char-136", "/dev/char/1:3"; undefined for a minor of every major, which it cannot name. systemd.resource-control(5) */
function specifier({ type, major, minor }: DeviceException): string | undefined {
  const kind = type === 'c' ? 'char' : 'block';
  if (major === undefined) return minor === undefined ? `${kind}-*` : undefined;
  return minor === undefined ? `${kind}-${major}` : `/dev/${kind}/${major}:${minor}`;
}

/**
 * systemd's own device rules for the unit. The container's are kept by our filter or controller, which come after; but systemd applies its own
 * again at every daemon-reload, and they must not deny then what the container has.
 */
export function deviceProperties(rules: readonly LinuxDeviceCgroup[]): UnitProperty[] {
  const { allow, exceptions } = deviceList(deviceRules(rules));
  const pointer = rules.length === 0 ? '' : '/linux/resources/devices';
  const entries = allow
    ? []
    : exceptions
        .map((exception) => [specifier(exception), accessText(exception.access)] as const)
        .filter((entry): entry is readonly [string, string] => entry[0] !== undefined);
  return [
    // "auto" without a list allows everything: what is denied besides, systemd has no word for
    { name: 'DevicePolicy', signature: 's', value: allow ? 'auto' : 'strict', pointer },
    // an empty list first, as it is for SetUnitProperties: it takes back what was there
    { name: 'DeviceAllow', signature: 'a(ss)', value: [], pointer },
    ...(entries.length === 0 ? [] : [{ name: 'DeviceAllow', signature: 'a(ss)', value: entries, pointer }]),
  ];
}
