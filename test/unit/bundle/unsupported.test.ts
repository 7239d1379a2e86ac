import t from 'tap';
import { checkUnsupported } from '../../../src/bundle/checks/unsupported.ts';
import { validateConfig } from '../../../src/bundle/validate.ts';
import { config } from '../../fakes/config.ts';

type Patch = Parameters<typeof config>[0];

const resources = (limits: Patch) => ({ linux: { resources: limits } });
const mapping = [{ containerID: 0, hostID: 0, size: 1 }];
const mount = (more: object) => ({ mounts: [{ destination: '/a', type: 'bind', source: '/a', ...more }] });
const rate = [{ major: 8, minor: 0, rate: 1 }];

const refused: readonly (readonly [pointer: string, patch: Patch])[] = [
  ['/process/terminal', { process: { terminal: true } }],
  ['/process/apparmorProfile', { process: { apparmorProfile: 'x' } }],
  ['/process/selinuxLabel', { process: { selinuxLabel: 'x' } }],
  ['/linux/mountLabel', { linux: { mountLabel: 'x' } }],
  ['/linux/seccomp', { linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW' } } }],
  ['/linux/netDevices', { linux: { netDevices: { eth0: {} } } }],
  ['/linux/intelRdt', { linux: { intelRdt: {} } }],
  [
    '/linux/namespaces',
    { linux: { namespaces: [{ type: 'mount' }, { type: 'user', path: '/x' }] }, hostname: undefined },
  ],
  ['/mounts/0/options/1', mount({ options: ['bind', 'idmap'] })],
  ['/mounts/0/options/0', mount({ options: ['ridmap', 'bind'] })],
  ['/mounts/0/uidMappings', mount({ options: ['bind'], uidMappings: mapping, gidMappings: mapping })],
  ['/linux/resources/memory/swappiness', resources({ memory: { swappiness: 0 } })],
  ['/linux/resources/memory/disableOOMKiller', resources({ memory: { disableOOMKiller: true } })],
  ['/linux/resources/cpu/burst', resources({ cpu: { quota: 5, burst: 1 } })],
  ['/linux/resources/cpu/realtimeRuntime', resources({ cpu: { realtimeRuntime: -1 } })],
  ['/linux/resources/cpu/realtimePeriod', resources({ cpu: { realtimePeriod: 1 } })],
  ['/linux/resources/cpu/cpus', resources({ cpu: { cpus: '0' } })],
  ['/linux/resources/cpu/mems', resources({ cpu: { mems: '0' } })],
  ['/linux/resources/cpu/idle', resources({ cpu: { idle: 1 } })],
  ['/linux/resources/blockIO/weight', resources({ blockIO: { weight: 10 } })],
  ['/linux/resources/blockIO/leafWeight', resources({ blockIO: { leafWeight: 10 } })],
  [
    '/linux/resources/blockIO/weightDevice',
    resources({ blockIO: { weightDevice: [{ major: 8, minor: 0, weight: 10 }] } }),
  ],
  ['/linux/resources/blockIO/throttleReadBpsDevice', resources({ blockIO: { throttleReadBpsDevice: rate } })],
  ['/linux/resources/blockIO/throttleWriteBpsDevice', resources({ blockIO: { throttleWriteBpsDevice: rate } })],
  ['/linux/resources/blockIO/throttleReadIOPSDevice', resources({ blockIO: { throttleReadIOPSDevice: rate } })],
  ['/linux/resources/blockIO/throttleWriteIOPSDevice', resources({ blockIO: { throttleWriteIOPSDevice: rate } })],
  ['/linux/resources/hugepageLimits', resources({ hugepageLimits: [{ pageSize: '2MB', limit: 1 }] })],
  ['/linux/resources/network/classID', resources({ network: { classID: 1 } })],
  ['/linux/resources/network/priorities', resources({ network: { priorities: [{ name: 'eth0', priority: 1 }] } })],
  ['/linux/resources/rdma', resources({ rdma: { x: { hcaHandles: 1 } } })],
  ['/linux/resources/unified', resources({ unified: { 'memory.high': '1' } })],
];

t.test('what is not built is refused with its place, though the config is valid', async (t) => {
  for (const [pointer, patch] of refused) {
    t.strictSame(validateConfig(config(patch)), [], `${pointer} is valid`);
    const [first, ...rest] = checkUnsupported(config(patch));
    t.equal(first?.pointer, pointer);
    t.match(first?.message, / is not supported by this version$/);
    t.strictSame(rest, []);
  }
});

t.test('zero values ask for nothing', async (t) => {
  const patch = {
    process: { terminal: false, apparmorProfile: '', selinuxLabel: '' },
    linux: {
      mountLabel: '',
      netDevices: {},
      resources: {
        memory: { disableOOMKiller: false, limit: 1, swap: 1, reservation: 1, kernel: 1 },
        cpu: { burst: 0, cpus: '', mems: '', idle: 0, shares: 2, quota: 1, period: 1 },
        blockIO: { weight: 0, weightDevice: [], throttleReadBpsDevice: [] },
        network: { priorities: [] },
        hugepageLimits: [],
        rdma: {},
        unified: {},
        pids: { limit: 5 },
      },
    },
  };
  t.strictSame(checkUnsupported(config(patch)), []);
});
