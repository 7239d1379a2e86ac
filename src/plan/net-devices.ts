import type { PlanInput, Planner } from './planner.ts';
import { planned } from './planner.ts';

export function hasNetDevices({ linux }: Pick<PlanInput, 'linux'>): boolean {
  return Object.keys(linux.netDevices ?? {}).length > 0;
}

/** `linux.netDevices`: the runtime moves them, and sets them up with a socket that is in the container's network namespace. */
export const netDevices: Planner = (input) =>
  hasNetDevices(input) ? [planned({ step: 'netlink_socket' }, '/linux/netDevices')] : [];
