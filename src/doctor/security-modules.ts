import { type Answer, type Check, neededBy, type Patient, placeIf } from './check.ts';
import { readKernelFile } from './kernel-file.ts';

const active: Check = {
  area: 'security modules',
  name: 'active',
  question: '/sys/kernel/security/lsm',
  ask: ({ native }) => {
    const list = readKernelFile(native, '/sys/kernel/security/lsm');
    if (list === undefined) return { found: 'unknown', detail: 'securityfs is not mounted' };
    return { found: 'there', detail: list.replaceAll(',', ', ') };
  },
  consequence: 'it is not known which modules have a say',
  cure: 'mount -t securityfs none /sys/kernel/security',
  need: { by: 'some', pointer: () => undefined },
};

const profilesFile = '/sys/kernel/security/apparmor/profiles';

/** "name (enforce)" a line; root alone may read it. */
function hasProfile({ native }: Patient, profile: string): boolean | undefined {
  const text = readKernelFile(native, profilesFile);
  return text?.split('\n').some((line) => line.startsWith(`${profile} (`));
}

function askApparmor(patient: Patient): Answer {
  if (!patient.facts.apparmor)
    return {
      found: 'absent',
      detail: 'not enabled',
      cure: 'boot with security=apparmor, or leave process.apparmorProfile out',
    };
  const profile = patient.bundle?.config.process?.apparmorProfile ?? '';
  if (profile === '' || profile === 'unconfined') return { found: 'there', detail: 'enabled' };
  const loaded = hasProfile(patient, profile);
  if (loaded === undefined) return { found: 'there', detail: 'enabled; which profiles are loaded only root may read' };
  if (loaded) return { found: 'there', detail: `enabled, with the profile ${profile}` };
  return {
    found: 'absent',
    detail: `enabled, but the profile ${profile} is not loaded`,
    consequence: 'create is refused when the process asks for the profile',
    cure: `apparmor_parser -r FILE, with the file that defines ${profile}`,
  };
}

const apparmor: Check = {
  area: 'security modules',
  name: 'AppArmor',
  question: `/sys/module/apparmor/parameters/enabled, and ${profilesFile}`,
  ask: askApparmor,
  consequence: 'a config with process.apparmorProfile is refused, unless that is unconfined',
  cure: 'boot with security=apparmor, or leave process.apparmorProfile out',
  need: neededBy('some', ({ config }) => {
    const profile = config.process?.apparmorProfile ?? '';
    return placeIf(profile !== '' && profile !== 'unconfined', '/process/apparmorProfile');
  }),
};

const selinux: Check = {
  area: 'security modules',
  name: 'SELinux',
  question: 'is selinuxfs mounted at /sys/fs/selinux, and its file enforce',
  ask: ({ native, facts }) => {
    if (!facts.selinux) return { found: 'absent', detail: 'not enabled' };
    return {
      found: 'there',
      detail: readKernelFile(native, '/sys/fs/selinux/enforce') === '1' ? 'enforcing' : 'permissive',
    };
  },
  consequence: 'a config with process.selinuxLabel or linux.mountLabel is refused',
  cure: 'boot with security=selinux and a policy, or leave the labels out',
  need: neededBy('some', ({ config }) =>
    config.process?.selinuxLabel
      ? '/process/selinuxLabel'
      : placeIf(Boolean(config.linux?.mountLabel), '/linux/mountLabel'),
  ),
};

export const securityModuleChecks: readonly Check[] = [active, apparmor, selinux];
