import t from 'tap';
import { checkUnsupported } from '../../../src/bundle/checks/unsupported.ts';
import { validateConfig } from '../../../src/bundle/validate.ts';
import { config } from '../../fakes/config.ts';

type Patch = Parameters<typeof config>[0];

const refused: readonly (readonly [pointer: string, patch: Patch])[] = [
  ['/linux/seccomp', { linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW' } } }],
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
        cpu: { burst: 0, cpus: '', mems: '', idle: 0, shares: 2, quota: 1000, period: 1000 },
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
