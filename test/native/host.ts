// The host that the native tests drive: the addon as it was built, through the same code as the executable.

import type { NativeError } from '../../src/native/contract.ts';
import { createHost } from '../../src/node/host.ts';

/** Another folder with an addon in it (built with sanitizers, say) may be named by NOCI_ADDON. */
const folder = process.env.NOCI_ADDON ?? new URL('../../dist', import.meta.url).pathname;

/** For tests that load it in a process or thread of their own. */
export const addon = `${folder}/noci.node`;

export const native = createHost(folder);

/** A Node.js of a test's own, into which tap cannot load itself: it would open files and start threads. */
export const plainNode: readonly string[] = ['/usr/bin/env', '-i', 'PATH=/usr/bin:/bin', process.execPath];

/** What a call throws, as plain data; undefined when it does not throw. */
export function thrown(call: () => unknown): Partial<NativeError> | undefined {
  try {
    call();
  } catch (error) {
    const { message, code, errno, syscall, path } = error as NativeError;
    return { message, code, errno, syscall, path };
  }
  return undefined;
}

/** Options of a test that changes what only root may: skipped with the reason for anybody else. */
export const asRoot: { skip?: string } = native.geteuid() === 0 ? {} : { skip: 'root is needed' };
