import t from 'tap';
import { steps } from '../../fakes/plan.ts';

const maps = [{ containerID: 0, hostID: 100_000, size: 10 }];
const own = { uidMappings: maps, gidMappings: maps };
const inNamespace = { namespaces: [{ type: 'mount' }, { type: 'user' }], ...own } as const;

function idmap(mount: object, linux: object = inNamespace): unknown {
  const mounts = [{ destination: '/b', type: 'bind', source: '/b', ...mount }];
  return (steps('bind', { linux, mounts }).at(0) as { readonly tree: { readonly idmap?: unknown } }).tree.idmap;
}

t.test('by the user namespace of the container, or by one of its own', async (t) => {
  t.equal(idmap({ options: ['bind'] }), undefined);
  t.strictSame(idmap({ options: ['bind', 'idmap'] }), { recursive: false, uids: '', gids: '' });
  t.strictSame(idmap({ options: ['rbind', 'ridmap'] }), { recursive: true, uids: '', gids: '' });
  t.strictSame(idmap({ options: ['bind'], ...own }), { recursive: false, uids: '', gids: '' }, 'the same mappings');
  const others = { uidMappings: [{ containerID: 5, hostID: 6, size: 7 }], gidMappings: maps };
  t.strictSame(idmap({ options: ['bind'], ...others }), { recursive: false, uids: '5 6 7\n', gids: '0 100000 10\n' });
});
