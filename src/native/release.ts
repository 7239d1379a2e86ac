/** Set by the build; absent when the sources run as they are. */
declare const NOCI_VERSION: string | undefined;
declare const NOCI_COMMIT: string | undefined;

/** The version of this release. */
export const version = typeof NOCI_VERSION === 'string' ? NOCI_VERSION : '0.1.0';

/** The commit it was built from, '' when that is not known. */
export const commit = typeof NOCI_COMMIT === 'string' ? NOCI_COMMIT : '';
