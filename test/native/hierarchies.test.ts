// What is found in the usual places is what mountinfo says, on the host that the tests run on.
import t from 'tap';
import { type Hierarchy, probeHost } from '../../src/host/facts.ts';
import type { Native } from '../../src/native/contract.ts';
import { native } from './host.ts';

const blind: Native = {
  ...native,
  statfs: (path) => (path.endsWith('/release_agent') ? undefined : native.statfs(path)),
};

const byName = (hierarchies: readonly Hierarchy[]) =>
  [...hierarchies].sort((a, b) => (a.mountpoint < b.mountpoint ? -1 : 1));

t.test('the cgroup hierarchies of this host', async (t) => {
  const [seen, listed] = [native, blind].map((host) => probeHost(host).cgroup);
  t.equal(seen?.mode, listed?.mode);
  t.strictSame(byName(seen?.hierarchies ?? []), byName(listed?.hierarchies ?? []));
  t.ok((seen?.hierarchies.length ?? 0) > 0, 'there are some');
});
