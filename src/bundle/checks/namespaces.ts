import type { LinuxNamespace } from '../../oci/types.ts';
import { NAMESPACES, namespaceEntry } from '../../plan/namespaces.ts';
import { isAbsolute } from '../path-text.ts';
import { type Check, type Problem, problemIf } from '../problem.ts';

function checkEntry({ type, path = '' }: LinuxNamespace, index: number, all: readonly LinuxNamespace[]): Problem[] {
  const twice = all.findIndex((other) => other.type === type) < index;
  const relative = path !== '' && !isAbsolute(path);
  return [
    ...problemIf(
      !Object.hasOwn(NAMESPACES, type),
      ['linux', 'namespaces', index, 'type'],
      `namespace "${type}" does not exist`,
    ),
    ...problemIf(twice, ['linux', 'namespaces', index], `malformed spec file: duplicated ns ${type}`),
    ...problemIf(relative, ['linux', 'namespaces', index, 'path'], `namespace path "${path}" must be absolute`),
  ];
}

/** config-linux.md § Namespaces. That a path is a namespace of its type is a check of the host. */
export const checkNamespaces: Check = ({ linux }) => (linux?.namespaces ?? []).flatMap(checkEntry);

/** config-linux.md § User namespace mappings: mappings and a user namespace need one another. */
export const checkUserNamespace: Check = ({ linux = {} }) => {
  const { uidMappings = [], gidMappings = [] } = linux;
  const user = namespaceEntry(linux, 'user');
  const mapped = uidMappings.length > 0 || gidMappings.length > 0;
  const lonely = user?.path === '' && (uidMappings.length === 0 || gidMappings.length === 0);
  return [
    ...problemIf(
      user === undefined && mapped,
      uidMappings.length > 0 ? '/linux/uidMappings' : '/linux/gidMappings',
      "user namespace mappings specified, but user namespace isn't enabled in the config",
    ),
    ...problemIf(
      lonely,
      user?.pointer ?? '',
      'user namespaces enabled, but no namespace path to join nor mappings to apply specified',
    ),
  ];
};
