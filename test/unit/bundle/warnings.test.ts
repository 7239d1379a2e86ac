import t from 'tap';
import { configWarnings } from '../../../src/bundle/warnings.ts';
import type { Hierarchy, HostFacts } from '../../../src/host/facts.ts';
import { config } from '../../fakes/config.ts';

function host(mode: HostFacts['cgroup']['mode'], ...controllers: string[]): Pick<HostFacts, 'cgroup'> {
  const unified: Hierarchy = { version: 2, controllers, mountpoint: '/sys/fs/cgroup/unified', own: '/' };
  return { cgroup: { mode, hierarchies: mode === 'v1' ? [] : [unified] } };
}

const version1 = host('v1');

t.test('an ordinary config has none', async (t) => {
  t.strictSame(configWarnings(config(), version1), []);
  t.strictSame(
    configWarnings(config({ ociVersion: '1.0.2-dev', linux: { resources: { memory: { kernel: 0 } } } }), version1),
    [],
  );
});

t.test('what has no effect is told with its place', async (t) => {
  const memory = { kernel: 1, kernelTCP: -1, useHierarchy: false };
  const warnings = configWarnings(config({ ociVersion: '1.4.0', linux: { resources: { memory } } }), version1);
  t.strictSame(
    warnings.map((warning) => warning.split(':')[0]),
    [
      '/ociVersion',
      '/linux/resources/memory/kernel',
      '/linux/resources/memory/kernelTCP',
      '/linux/resources/memory/useHierarchy',
    ],
  );
});

const ofVersion1 = {
  memory: { swappiness: 0, disableOOMKiller: true },
  cpu: { realtimeRuntime: 5, realtimePeriod: 10 },
  blockIO: { leafWeight: 10, weightDevice: [{ major: 8, minor: 0, weight: 10 }] },
  network: { classID: 1, priorities: [{ name: 'eth0', priority: 1 }] },
};

const warned = (resources: Parameters<typeof config>[0], facts: Pick<HostFacts, 'cgroup'>) =>
  configWarnings(config({ linux: { resources } }), facts).map((warning) => warning.split(':')[0]);

t.test('what only v1 has is told where v2 ignores it', async (t) => {
  const all = [
    'memory/swappiness',
    'memory/disableOOMKiller',
    'cpu/realtimeRuntime',
    'cpu/realtimePeriod',
    'blockIO/leafWeight',
    'blockIO/weightDevice',
    'network/classID',
    'network/priorities',
  ].map((property) => `/linux/resources/${property}`);
  t.strictSame(warned(ofVersion1, host('v2', 'memory', 'cpu', 'io')), all);
  t.strictSame(warned(ofVersion1, version1), []);
  t.strictSame(warned(ofVersion1, host('hybrid', 'memory')), all.slice(0, 2));
  t.strictSame(warned(ofVersion1, host('hybrid', 'hugetlb')), []);
});

t.test('zero values are no wish that could be ignored', async (t) => {
  const zero = {
    memory: { disableOOMKiller: false },
    cpu: { realtimeRuntime: 0, realtimePeriod: 0 },
    blockIO: { leafWeight: 0, weightDevice: [] },
    network: { classID: 0, priorities: [] },
  };
  t.strictSame(warned(zero, host('v2')), []);
});
