// What every refused `create` has to show.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Draft } from './bundle.ts';
import type { Container } from './container.ts';

/** Which fields a failure may have beside runc's. */
const more = ['code', 'document', 'errno', 'path', 'pointer', 'step', 'syscall'];

/** The one record of a log, in JSON. */
export function oneRecord(t: Test, log: string): Draft {
  const lines = log.split('\n');
  t.equal(lines.length, 2, 'one record, one newline at its end');
  const record = JSON.parse(lines[0] ?? '');
  const keys = Object.keys(record);
  t.strictSame(keys, keys.toSorted(), 'its keys, sorted');
  t.strictSame(
    keys.filter((key) => !more.includes(key)),
    ['level', 'msg', 'time'],
    'its keys',
  );
  t.equal(record.level, 'error', 'level');
  t.match(record.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/, 'time with zone and without fractions');
  return record;
}

/** `create` that must fail; returns its message. */
export function refused(t: Test, container: Container, text: string | RegExp, pointer: string): string {
  const log = join(container.bundle, 'log.json');
  const create = ['create', '--bundle', container.bundle, container.id];
  const outcome = container.call(['--log', log, '--log-format', 'json', ...create]);
  t.equal(outcome.status, 1, 'exit status');
  t.equal(outcome.stdout, '', 'stdout');
  const { msg } = oneRecord(t, readFileSync(log, 'utf8'));
  t.equal(outcome.stderr, `${msg}\n`, 'stderr is the message');
  t.match(msg, /^noci create failed: /, 'its beginning');
  if (text !== '') t.match(msg, text, 'its text');
  if (pointer !== '') t.ok(msg.includes(`${pointer})`), `its place: ${msg}`);
  t.notMatch(msg, /\.(ts|js|cjs):\d+|internal error|undefined|\[object/, 'nothing of the inside');
  return msg;
}
