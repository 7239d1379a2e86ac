import t from 'tap';
import { configWarnings } from '../../../src/bundle/warnings.ts';
import { config } from '../../fakes/config.ts';

t.test('an ordinary config has none', async (t) => {
  t.strictSame(configWarnings(config()), []);
  t.strictSame(
    configWarnings(config({ ociVersion: '1.0.2-dev', linux: { resources: { memory: { kernel: 0 } } } })),
    [],
  );
});

t.test('what has no effect is told with its place', async (t) => {
  const memory = { kernel: 1, kernelTCP: -1, useHierarchy: false };
  const warnings = configWarnings(config({ ociVersion: '1.4.0', linux: { resources: { memory } } }));
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
