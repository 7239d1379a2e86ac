import { resolve } from 'node:path';

const project = new URL('../../', import.meta.url).pathname;

export type Name = 'noci' | 'runc';

/**
 * What the engines call as /usr/bin/noci: the program under test, or with NOCI_ENGINES=runc the one that engines come with, to
 * tell what of an engine does not hold on a machine from what does not hold under noci.
 */
export const runtime: { readonly name: Name; readonly path: string } =
  process.env.NOCI_ENGINES === 'runc'
    ? { name: 'runc', path: '/usr/sbin/runc' }
    : { name: 'noci', path: resolve(project, process.env.NOCI ?? 'dist/noci') };
