import { type Check, problem } from '../problem.ts';

/** Semantic Versioning 2.0.0: three numbers, then a pre-release and build metadata. */
const semver =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/**
 * config.md § Specification version: must be SemVer, and all versions of one major number are compatible. A later 1.x is accepted
 * (bundle/warnings.ts says so): engines are updated before runtimes, and unknown properties are to be ignored anyway.
 */
export const checkOciVersion: Check = ({ ociVersion }) => {
  if (ociVersion === undefined) return [];
  const major = semver.exec(ociVersion)?.[1];
  if (major === undefined) return [problem('/ociVersion', `"${ociVersion}" is not a SemVer version`)];
  return major === '1'
    ? []
    : [problem('/ociVersion', `version ${ociVersion} of the runtime specification is not supported`)];
};
