import t from 'tap';
import type { Report } from '../../../src/container/report.ts';
import { createUndo } from '../../../src/container/undo.ts';

function recorder(): { report: Report; warnings: string[] } {
  const warnings: string[] = [];
  return { warnings, report: { debugging: false, debug: () => {}, warning: (text) => warnings.push(text) } };
}

t.test('the latest is undone first, what is marked as last comes last', async (t) => {
  const seen: string[] = [];
  const undo = createUndo();
  undo.add('a', () => seen.push('a'));
  undo.addLast('z', () => seen.push('z'));
  undo.add('b', () => seen.push('b'));
  undo.run(recorder().report);
  t.strictSame(seen, ['b', 'a', 'z']);
  undo.run(recorder().report);
  t.equal(seen.length, 3, 'once');
});

t.test('one that fails is told and the others are done', async (t) => {
  const seen: string[] = [];
  const { report, warnings } = recorder();
  const undo = createUndo();
  undo.add('a', () => seen.push('a'));
  undo.add('b', () => {
    throw Object.assign(new Error('device or resource busy'), {
      code: 'EBUSY',
      errno: 16,
      syscall: 'rmdir',
      path: '/x',
    });
  });
  undo.run(report);
  t.strictSame(seen, ['a']);
  t.strictSame(warnings, ['b: rmdir /x: device or resource busy']);
});

t.test('after release nothing is undone', async (t) => {
  const undo = createUndo();
  undo.add('a', () => t.fail('must stay'));
  undo.release();
  undo.run(recorder().report);
});
