import { type Check, type Problem, problemIf } from '../problem.ts';

/** (uid_t)-1 means "unchanged" to setresuid(2): a container that asks for it would keep the runtime's root. */
const unchanged = 0xffffffff;

function checkId(id: number | undefined, ...keys: readonly (string | number)[]): Problem[] {
  return problemIf(id === unchanged, ['process', 'user', ...keys], `id ${id} is not valid`);
}

/** config.md § User. credentials(7) */
export const checkUser: Check = ({ process }) => {
  const user = process?.user;
  if (user === undefined) return [];
  return [
    ...checkId(user.uid, 'uid'),
    ...checkId(user.gid, 'gid'),
    ...(user.additionalGids ?? []).flatMap((gid, index) => checkId(gid, 'additionalGids', index)),
  ];
};
