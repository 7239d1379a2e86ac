import { hasNamespace } from '../../plan/namespaces.ts';
import { byteLength } from '../path-text.ts';
import { type Check, problemIf } from '../problem.ts';

/** __NEW_UTS_LEN; sethostname(2) */
const longest = 64;

/** config.md § Hostname, § Domainname: on Linux they belong to the UTS namespace, and the host's must not change. */
export const checkHostname: Check = (config) =>
  (['hostname', 'domainname'] as const).flatMap((property) => {
    const name = config[property];
    if (!name) return [];
    const shared = !hasNamespace(config.linux ?? {}, 'uts');
    return [
      ...problemIf(shared, `/${property}`, `unable to set ${property} without a private UTS namespace`),
      ...problemIf(byteLength(name) > longest, `/${property}`, `must not be longer than ${longest} bytes`),
    ];
  });
