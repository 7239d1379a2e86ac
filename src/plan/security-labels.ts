import type { PlannedStep } from './plan.ts';
import { type PlanInput, type Planner, planned } from './planner.ts';

/** linux/lsm.h */
const LSM_ID_SELINUX = 101;
const LSM_ID_APPARMOR = 104;
const LSM_ATTR_EXEC = 101;
const LSM_ATTR_KEYCREATE = 103;

/** Where AppArmor is not, engines ask for this all the same, and have it. */
const unconfined = 'unconfined';

/** Podman looks for the file's name between these marks. */
const written = 'apparmor failed to apply profile: write to `/proc/thread-self/attr/apparmor/exec`';

/** `process.apparmorProfile`, in force from the next execve(2) on. aa_change_onexec(2) */
export const apparmorProfile: Planner = ({ process: { apparmorProfile: profile = '' }, facts }) => {
  if (profile === '' || (profile === unconfined && !facts.apparmor)) return [];
  const name = JSON.stringify(profile);
  const confined = `${written}: the profile of the runtime itself does not let it have ${name}`;
  return [
    {
      ...planned(
        {
          step: 'security_attribute',
          module: LSM_ID_APPARMOR,
          attribute: LSM_ATTR_EXEC,
          value: `exec ${profile}`,
          // a directory of AppArmor's own since Linux 5.8
          files: ['apparmor/exec', 'exec'],
        },
        '/process/apparmorProfile',
      ),
      refusals: {
        ENOENT: `${written}: no profile ${name} is loaded (ENOENT); root loads it by apparmor_parser -r FILE, or take this property out`,
        EACCES: `${confined} (EACCES)`,
        EPERM: `${confined} (EPERM)`,
      },
    },
  ];
};

function selinuxAttribute(input: PlanInput, attribute: number, file: string): PlannedStep[] {
  const { selinuxLabel: value = '' } = input.process;
  if (value === '') return [];
  const subject = `write to \`/proc/thread-self/attr/${file}\``;
  const step = { step: 'security_attribute', module: LSM_ID_SELINUX, attribute, value, files: [file] } as const;
  const refusals = {
    EINVAL: `${subject}: the policy has no context ${JSON.stringify(value)} (EINVAL)`,
    EACCES: `${subject}: the policy does not allow the runtime to set it (EACCES)`,
  };
  return [{ ...planned(step, '/process/selinuxLabel'), refusals }];
}

/** `process.selinuxLabel`, in force from the next execve(2) on. setexeccon(3) */
export const selinuxLabel: Planner = (input) => selinuxAttribute(input, LSM_ATTR_EXEC, 'exec');

/** The session keyring belongs to the container too; the execve(2) resets this. setkeycreatecon(3) */
export const keyringLabel: Planner = (input) =>
  input.options.noNewKeyring ? [] : selinuxAttribute(input, LSM_ATTR_KEYCREATE, 'keycreate');
