import { CAPABILITIES } from '../../plan/capabilities.ts';
import { MOUNT_OPTIONS } from '../../plan/mount-options.ts';
import { NAMESPACES } from '../../plan/namespaces.ts';
import { RLIMITS } from '../../plan/rlimits.ts';
import { ACTIONS } from '../../seccomp/actions.ts';
import { ARCHITECTURES } from '../../seccomp/architectures.ts';
import { FLAGS } from '../../seccomp/flags.ts';
import { OPERATORS } from '../../seccomp/operators.ts';
import { syscallNames } from '../../seccomp/syscall-table.ts';
import { shapeAt } from './shape.ts';

/** The words for a place: those that noci knows, which the schema leaves open or has more of. */
const vocabularies: readonly (readonly [place: RegExp, words: () => readonly string[]])[] = [
  [/^\/process\/capabilities\/[a-z]+\/\d+$/, () => CAPABILITIES],
  [/^\/process\/rlimits\/\d+\/type$/, () => Object.keys(RLIMITS)],
  [/^\/mounts\/\d+\/options\/\d+$/, () => Object.keys(MOUNT_OPTIONS)],
  [/^\/linux\/namespaces\/\d+\/type$/, () => Object.keys(NAMESPACES)],
  [/^\/linux\/rootfsPropagation$/, () => ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared', 'unbindable']],
  [/^\/linux\/seccomp\/(defaultAction|syscalls\/\d+\/action)$/, () => Object.keys(ACTIONS)],
  [/^\/linux\/seccomp\/architectures\/\d+$/, () => Object.keys(ARCHITECTURES)],
  [/^\/linux\/seccomp\/flags\/\d+$/, () => Object.keys(FLAGS)],
  [/^\/linux\/seccomp\/syscalls\/\d+\/args\/\d+\/op$/, () => Object.keys(OPERATORS)],
  [/^\/linux\/seccomp\/syscalls\/\d+\/names\/\d+$/, () => syscallNames.split(' ')],
];

/** The words that the value at a pointer may be; none where it may be anything. */
export function wordsAt(pointer: string): readonly string[] {
  const own = vocabularies.find(([place]) => place.test(pointer));
  if (own !== undefined) return own[1]();
  const shape = shapeAt(pointer);
  return typeof shape === 'object' && 'words' in shape ? shape.words : [];
}
