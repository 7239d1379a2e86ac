import t from 'tap';
import { explain } from '../../../src/plan/explain.ts';
import type { SeccompFilter } from '../../../src/plan/plan.ts';
import { order, plan, steps } from '../../fakes/plan.ts';

const program = new Uint8Array(16);
const filter: SeccompFilter = { program, flags: 4 };
const listening: SeccompFilter = { program, flags: 12, agent: { path: '/agent', metadata: '' } };

/** The steps after the filter, or all when there is none. */
function behind(seccomp: SeccompFilter, noNewPrivileges: boolean): string[] {
  const names = order({ seccomp, process: { noNewPrivileges }, options: { start: 'fifo' } });
  return names.slice(names.indexOf('seccomp') + 1);
}

t.test('without no_new_privs it is loaded while init may, before the user is another', async (t) => {
  const rest = ['credentials', 'lookup', 'ready', 'wait_start', 'execve'];
  t.strictSame(behind(filter, false), rest);
  t.strictSame(behind(listening, false), rest);
  const expected = { step: 'seccomp', program, flags: 4, late: 2, pointer: '/linux/seccomp' };
  t.strictSame(steps('seccomp', { seccomp: filter }), [expected]);
});

t.test('with it, last of all', async (t) => {
  t.strictSame(behind(filter, true), ['execve']);
  const expected = { step: 'seccomp', program, flags: 4, late: 1, pointer: '/linux/seccomp' };
  t.strictSame(steps('seccomp', { seccomp: filter, process: { noNewPrivileges: true } }), [expected]);
});

t.test('unless the runtime has to hand over a listener', async (t) => {
  t.strictSame(behind(listening, true), ['ready', 'wait_start', 'execve']);
  t.match(steps('seccomp', { seccomp: listening, process: { noNewPrivileges: true } }), [{ late: 0, flags: 12 }]);
});

t.test('a plan without a profile has no such step, and one with it shows how long it is', async (t) => {
  t.notOk(order().includes('seccomp'));
  t.match(explain(plan({ seccomp: filter })), /seccomp program=2 instructions flags=4 late=2 {2}\(\/linux\/seccomp\)/);
});
