// What tests of many pods begin with.
import type { Test } from 'tap';
import { Cri } from './cri.ts';
import { startCri } from './engine.ts';
import { type Host, makeHost } from './host.ts';

/** A pod with a network of its own. */
export const onNetwork = { linux: { security_context: { namespace_options: { network: 'POD', pid: 'CONTAINER' } } } };

/** A host where the plugin has made one such pod already: the first makes folders and a bridge that stay. `before` is what there is then. */
export async function makeCriHost(t: Test): Promise<{ host: Host; cri: Cri; before: ReturnType<Host['remains']> }> {
  const host = makeHost(t);
  startCri(host);
  const cri = new Cri(host);
  t.teardown(() => cri.close());
  await (await cri.pod(onNetwork)).remove();
  return { host, cri, before: host.remains() };
}
