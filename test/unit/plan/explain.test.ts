import t from 'tap';
import { explain } from '../../../src/plan/explain.ts';
import type { ContainerPlan } from '../../../src/plan/plan.ts';
import { plan } from '../../fakes/plan.ts';

t.test('one line for each part of the plan', async (t) => {
  const directory = { version: 2, controllers: [], mountpoint: '/cg', path: '/cg/x' } as const;
  const limit = { file: '/cg/x/cpu.max', value: '1 2', pointer: '/linux/resources/cpu/quota' };
  const devices = { path: '/cg/x', program: new Uint8Array(16), optional: false, pointer: '/linux/resources/devices' };
  const made: ContainerPlan = {
    cloneFlags: 0x20000 | 0x20000000,
    joined: [],
    processWrites: [],
    pidNamespace: '/ns/pid',
    cgroup: { mode: 'v2', directories: [directory], limits: [limit], devices },
    warnings: ['something'],
    steps: [
      { pointer: '', run: { step: 'setsid' } },
      { pointer: '/mounts/0', run: { step: 'mount_setattr', target: '/a b', set: 1 | 0x10, clear: 0x70 | 0x1000 } },
      { pointer: '', run: { step: 'umask', mask: 0o22 } },
      { pointer: '/r', run: { step: 'rlimit', resource: 7, soft: 0, hard: 2n ** 64n - 1n } },
      { pointer: '', run: { step: 'root_attach', tree: { open: 'rootfs', path: '/r' }, path: '/r', origin: '' } },
    ],
  };
  t.equal(
    explain(made),
    [
      'warning: something',
      'new namespaces: pid mount',
      'pid namespace: /ns/pid',
      'cgroup /cg/x',
      'limit /cg/x/cpu.max = "1 2"  (/linux/resources/cpu/quota)',
      'device filter /cg/x = 2 instructions  (/linux/resources/devices)',
      '  0 setsid',
      '  1 mount_setattr target="/a b" set=ro,noatime clear=atime,0x1000  (/mounts/0)',
      '  2 umask mask=022',
      '  3 rlimit resource=7 hard=0xffffffffffffffff  (/r)',
      '  4 root_attach tree=rootfs:/r path=/r',
      '',
    ].join('\n'),
  );
});

t.test('a whole plan, without what may be secret', async (t) => {
  const text = explain(
    plan({
      process: { env: ['TOKEN=hush'] },
      config: { hooks: { createContainer: [{ path: '/h', env: ['KEY=hush'] }] }, annotations: { a: 'hush' } },
      mounts: [{ destination: '/x', source: '/y', options: ['rbind', 'ro', 'rslave'] }],
    }),
  );
  t.notMatch(text, 'hush');
  t.match(text, /environment entries=TOKEN {2}\(\/process\/env\)/);
  t.match(
    text,
    /bind tree=tree:\/y:true recursive=1 source=\/y target=\/x set=ro .*propagation=recursive,slave {2}\(\/mounts\/0\)/,
  );
});
