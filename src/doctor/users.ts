import type { Bundle } from '../bundle/bundle.ts';
import { programPath } from '../container/program-path.ts';
import { givenRanges, missingRanges } from '../container/subordinate-ids.ts';
import { forbiddingSwitch } from '../container/user-namespace-refusal.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { idMap } from '../plan/idmap.ts';
import { NAMESPACES, newNamespace } from '../plan/namespaces.ts';
import { type Answer, type Check, neededBy, type Patient, placeIf } from './check.ts';
import { readSysctl } from './kernel-file.ts';

/** An ordinary user is root of nothing without one. */
const ownNamespace: Check = {
  area: 'users',
  name: 'user namespaces for all',
  question: 'the sysctls that forbid them; as an ordinary user also unshare(2) of a user and then a mount namespace',
  ask: ({ native, facts }) => {
    const forbidden = forbiddingSwitch(native);
    const maximum = readSysctl(native, 'user.max_user_namespaces') ?? 'not limited';
    if (forbidden !== undefined) {
      const [what = '', cure = ''] = forbidden.split('; ');
      return { found: 'absent', detail: what, cure };
    }
    const code = facts.euid === 0 ? '' : native.tryFeature('namespaces', String(NAMESPACES.user | NAMESPACES.mount));
    if (code === '') return { found: 'there', detail: `user.max_user_namespaces: ${maximum}` };
    return { found: 'absent', detail: code };
  },
  consequence: 'ordinary users can make no container',
  cure: 'no sysctl forbids it: look for a seccomp filter, a security module or a chroot around noci',
  need: neededBy(
    'usual',
    ({ config }, { facts }) =>
      facts.euid === 0
        ? undefined
        : placeIf(newNamespace(config.linux ?? {}, 'user') !== undefined, '/linux/namespaces'),
    ({ facts }) => facts.euid !== 0,
  ),
};

interface Kind {
  readonly file: '/etc/subuid' | '/etc/subgid';
  readonly program: 'newuidmap' | 'newgidmap';
  readonly property: 'uidMappings' | 'gidMappings';
}

const kinds: readonly Kind[] = [
  { file: '/etc/subuid', program: 'newuidmap', property: 'uidMappings' },
  { file: '/etc/subgid', program: 'newgidmap', property: 'gidMappings' },
];

/** What images want: ids up to 65535. */
const usualSize = 65536;

/** Root writes its maps itself, and so does who maps nothing but the own id. */
function mapsOthers({ config }: Bundle, { property }: Kind, { facts }: Patient): string | undefined {
  if (facts.euid === 0) return undefined;
  const mappings = config.linux?.[property] ?? [];
  return placeIf(mappings.length > 1 || Number(mappings[0]?.size ?? 1) > 1, `/linux/${property}`);
}

function askRanges({ file, property }: Kind, { native, facts, bundle }: Patient): Answer {
  if (facts.euid === 0) return { found: 'there', detail: 'root needs none' };
  const mappings = bundle?.config.linux?.[property] ?? [];
  const missing = mappings.length === 0 ? [] : missingRanges(native, file, idMap(mappings));
  if (missing.length > 0)
    return {
      found: 'absent',
      detail: missing.map((text) => text.split('; ')[0]).join('; '),
      cure: missing.map((text) => text.split('; ')[1]).join('; '),
    };
  const size = givenRanges(native, file).reduce((sum, range) => sum + range.size, 0);
  if (mappings.length === 0 && size < usualSize)
    return { found: 'absent', detail: `${size} ids for uid ${facts.euid}` };
  return { found: 'there', detail: `${size} ids for uid ${facts.euid}` };
}

function rangesCheck(kind: Kind): Check {
  return {
    area: 'users',
    name: kind.file.slice('/etc/'.length),
    question: `the lines of ${kind.file} for this user`,
    ask: (patient) => askRanges(kind, patient),
    consequence: 'a user namespace can map the own id alone: files of other owners in an image belong to nobody',
    cure: `usermod --add-${kind.program === 'newuidmap' ? 'subuids' : 'subgids'} 100000-165535 USER, as root`,
    need: neededBy('usual', (bundle, patient) => mapsOthers(bundle, kind, patient)),
  };
}

const S_ISUID = 0o4000;

function askProgram({ program }: Kind, { native, facts }: Patient): Answer {
  if (facts.euid === 0) return { found: 'there', detail: 'root needs none' };
  const path = programPath(native, program);
  if (path === undefined)
    return { found: 'absent', detail: 'not installed', cure: "install it (Debian's package uidmap)" };
  const stat = native.stat(AT_FDCWD, path, 0);
  if (stat?.uid === 0 && (stat.mode & S_ISUID) !== 0) return { found: 'there', detail: `${path}, set-user-ID root` };
  if (native.tryFeature('file_capabilities', path) === '')
    return { found: 'there', detail: `${path}, with file capabilities` };
  return { found: 'absent', detail: `${path} has no privileges`, cure: `chmod u+s ${path}, as root` };
}

function programCheck(kind: Kind): Check {
  return {
    area: 'users',
    name: kind.program,
    question: 'is it in PATH, and set-user-ID root or with file capabilities',
    ask: (patient) => askProgram(kind, patient),
    consequence: 'ids other than the own one cannot be mapped',
    cure: "install it (Debian's package uidmap)",
    need: neededBy('usual', (bundle, patient) => mapsOthers(bundle, kind, patient)),
  };
}

export const userChecks: readonly Check[] = [ownNamespace, ...kinds.map(rangesCheck), ...kinds.map(programCheck)];
