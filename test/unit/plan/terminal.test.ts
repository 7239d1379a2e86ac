import t from 'tap';
import { order, steps } from '../../fakes/plan.ts';

t.test('a terminal is made inside, while /dev can be written and before anything covers it', async (t) => {
  const all = order({
    process: { terminal: true },
    mounts: [{ destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['ro'] }],
    linux: { namespaces: [{ type: 'mount' }], maskedPaths: ['/dev/pts'] },
  });
  const between = [
    'setsid',
    'pivot_root',
    'terminal',
    'controlling_terminal',
    'mount_setattr',
    'masked_path',
    'stdio_owner',
    'credentials',
  ];
  t.strictSame(
    all.filter((step) => between.includes(step)),
    between,
  );
  t.notOk(all.includes('stdio_null'), 'nothing is left of the streams it replaces');
});

t.test('its size and /dev/console', async (t) => {
  const pointer = '/process/terminal';
  const step = { step: 'terminal', width: 0, height: 0, console: 1, pointer };
  t.strictSame(steps('terminal', { process: { terminal: true } }), [step]);
  t.strictSame(steps('terminal', { process: { terminal: true, consoleSize: { height: 3, width: 4 } } }), [
    { ...step, width: 4, height: 3 },
  ]);
  t.strictSame(steps('terminal', { process: { consoleSize: { height: 3, width: 4 } } }), [], 'a size alone is ignored');
  t.strictSame(
    steps('terminal', { process: { terminal: true }, linux: { namespaces: [] } }),
    [{ ...step, console: 0 }],
    "without a mount namespace a bind would be the host's",
  );
});
