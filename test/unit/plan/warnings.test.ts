import t from 'tap';
import { type Changes, plan } from '../../fakes/plan.ts';

const warnings = (changes: Changes) => plan(changes).warnings;

t.test('capabilities: one warning for all that are unknown or unavailable', async (t) => {
  const capabilities = {
    bounding: ['CAP_ZZZ', 'CAP_KILL', 'CAP_CHOWN', 'chown'],
    ambient: ['CAP_AAA', 'CAP_ZZZ'],
  };
  t.strictSame(warnings({ process: { capabilities } }), [
    'ignoring unknown or unavailable capabilities: [CAP_AAA CAP_ZZZ chown]',
  ]);
  t.strictSame(warnings({ process: { capabilities }, facts: { boundingSet: 1n } }), [
    'ignoring unknown or unavailable capabilities: [CAP_AAA CAP_KILL CAP_ZZZ chown]',
  ]);
  t.strictSame(warnings({ process: { capabilities: { bounding: ['CAP_KILL'] } } }), []);
});

t.test('personality flags', async (t) => {
  t.strictSame(warnings({ linux: { personality: { domain: 'LINUX', flags: ['A', 'B'] } } }), [
    'ignoring unsupported personality flags: [A B]',
  ]);
  t.strictSame(warnings({ linux: { personality: { domain: 'LINUX', flags: [] } } }), []);
});

t.test('an ordinary container has none', async (t) => {
  t.strictSame(warnings({}), []);
});
