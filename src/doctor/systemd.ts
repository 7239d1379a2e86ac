import { Failure } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { type Answer, type Check, neededBy, type Patient, placeIf } from './check.ts';

type Systemd = typeof import('../cgroup/systemd/driver.ts');

/** systemd is asked over the socket that the driver would take. */
function askSystemd({ native, facts, rootless }: Patient): Answer {
  if (native.stat(AT_FDCWD, '/run/systemd/system', 0) === undefined)
    return { found: 'absent', detail: 'not the init of this host (/run/systemd/system)' };
  try {
    const found = (native.cold('systemd') as Systemd).probeSystemd(native, facts, rootless);
    return { found: 'there', detail: `version ${found.version()}, the ${found.instance}'s` };
  } catch (error) {
    if (error instanceof Failure)
      return { found: 'absent', detail: error.message.replace(/^systemd cgroup driver: /, '') };
    throw error;
  }
}

export const systemdChecks: readonly Check[] = [
  {
    area: 'systemd',
    name: 'systemd and D-Bus',
    question: "systemd's Version, over its private socket or else the bus",
    ask: askSystemd,
    consequence: '--systemd-cgroup is refused',
    cure: 'use the cgroupfs driver (no --systemd-cgroup); else install systemd and dbus, for users dbus-user-session, and set XDG_RUNTIME_DIR',
    need: neededBy('some', (_bundle, { systemdCgroup }) => placeIf(systemdCgroup, '')),
  },
];
