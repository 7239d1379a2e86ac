import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from './mount-attributes.ts';
import type { ContainerPlan } from './plan.ts';
import type { PlanInput, Planner, Warner } from './planner.ts';
import { planned } from './planner.ts';
import { hasMountNamespace, sourcePropagation } from './rootfs.ts';

/** Where a container finds the socket: as under runc. */
const target = '/run/notify';

/** Without a mount namespace nothing of the state can be seen in the container. */
function hasNotify(input: PlanInput): boolean {
  return input.options.notify && hasMountNamespace(input);
}

/** The directory that holds the socket, or will: it can be bound long after the container was made. sd_notify(3) */
export const notifyMount: Planner = (input) => {
  if (!hasNotify(input)) return [];
  const set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  return [
    planned({
      step: 'bind',
      tree: { open: 'notify' },
      origin: '',
      recursive: 0,
      source: 'notify',
      target,
      set,
      clear: 0,
      recursiveSet: 0,
      recursiveClear: 0,
      sourcePropagation: sourcePropagation(input),
      propagation: [],
    }),
  ];
};

export function notifyEntries(input: PlanInput): string[] {
  return hasNotify(input) ? [`NOTIFY_SOCKET=${target}/notify.sock`] : [];
}

/** Whether the container gets the directory. */
export function hasNotifyMount({ steps }: ContainerPlan): boolean {
  return steps.some(({ run }) => run.step === 'bind' && run.tree.open === 'notify');
}

/** A service manager that waits should not be left to guess. */
export const notifyWarnings: Warner = (input) =>
  input.options.notify && !hasMountNamespace(input)
    ? ['NOTIFY_SOCKET is not passed on: the container has no mount namespace of its own']
    : [];
