import { hasNamespace } from '../../plan/namespaces.ts';
import { isAbsolute } from '../path-text.ts';
import { type Check, problemIf } from '../problem.ts';

/** config-linux.md § Masked Paths, § Readonly Paths: mounts over paths of the container, which the host must not see. */
export const checkMaskedPaths: Check = (config) =>
  (['maskedPaths', 'readonlyPaths'] as const).flatMap((property) => {
    const paths = config.linux?.[property] ?? [];
    const shared = paths.length > 0 && !hasNamespace(config.linux ?? {}, 'mount');
    return [
      ...problemIf(shared, `/linux/${property}`, 'unable to restrict sys entries without a private MNT namespace'),
      ...paths.flatMap((path, index) =>
        problemIf(!isAbsolute(path), ['linux', property, index], `path "${path}" must be absolute`),
      ),
    ];
  });
