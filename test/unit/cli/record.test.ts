import t from 'tap';
import { formatJson, formatTerminal, formatText, type LogRecord, timestamp, visible } from '../../../src/cli/record.ts';

const time = '2026-11-20T21:00:00Z';
const record = (message: string, fields: LogRecord['fields'] = {}, level: LogRecord['level'] = 'error'): LogRecord => ({
  level,
  message,
  fields,
  time,
});

/** Escape, bell, delete, CSI as one C1 character, direction override, line separator, a byte that is no UTF-8. */
const hostile = 'a\x1b[31mb\x07\x7f\x9b\u202e\u2028\udcff';

t.test('time is RFC 3339 with zone and without fractions', async (t) => {
  t.equal(timestamp(0, 0), '1970-01-01T00:00:00Z');
  t.equal(timestamp(1_732_136_400_999, 0), '2024-11-20T21:00:00Z');
  t.equal(timestamp(1_732_136_400_000, 60), '2024-11-20T22:00:00+01:00');
  t.equal(timestamp(1_732_136_400_000, -210), '2024-11-20T17:30:00-03:30');
  t.equal(timestamp(1_735_689_599_000, 345), '2025-01-01T05:44:59+05:45');
});

t.test('json', async (t) => {
  t.equal(formatJson(record('create failed: x')), `{"level":"error","msg":"create failed: x","time":"${time}"}\n`);
  t.equal(
    formatJson(record('m', { pid: 7, status: 0, done: true, a: 'b' }, 'debug')),
    `{"a":"b","done":true,"level":"debug","msg":"m","pid":7,"status":0,"time":"${time}"}\n`,
    'keys are sorted',
  );
  t.equal(
    JSON.parse(formatJson(record('m', { msg: 'other', time: 'x' })))['fields.msg'],
    'other',
    'a field does not hide the message',
  );
});

t.test('json: what could steer a terminal is escaped, and comes back when decoded', async (t) => {
  const line = formatJson(record(hostile, { name: 'x\x1b' }));
  t.match(line, /^[\x20-\x7e]+\n$/);
  t.equal(JSON.parse(line).msg, hostile);
  t.equal(formatJson(record('Straße → 東京 😀')).includes('Straße → 東京 😀'), true);
  t.match(formatJson(record('\u{e0001}')), '\\udb40\\udc01');
});

t.test('a message is one line without its last newline, and not endless', async (t) => {
  t.equal(JSON.parse(formatJson(record('a\nb\n\n'))).msg, 'a\nb');
  t.equal(formatText(record('a\nb\n')).split('\n').length, 2);
  t.match(JSON.parse(formatJson(record('x'.repeat(10_000)))).msg, /^x{8192}… \(1808 more\)$/);
});

t.test('text', async (t) => {
  const body = (message: string, fields: LogRecord['fields'] = {}) =>
    formatText(record(message, fields)).slice(`time="${time}" `.length);
  t.equal(formatText(record('plain')), `time="${time}" level=error msg=plain\n`);
  t.equal(body('exec: "x": not found'), 'level=error msg="exec: \\"x\\": not found"\n');
  t.equal(body('a-b.c_d/e@f^g+h'), 'level=error msg=a-b.c_d/e@f^g+h\n', 'these need no quotes');
  t.equal(body('a=b'), 'level=error msg="a=b"\n');
  t.equal(body('tab\tback\\slash'), 'level=error msg="tab\\tback\\\\slash"\n');
  t.equal(body('m', { z: 1, a: 'x y', b: '' }), 'level=error msg=m a="x y" b= z=1\n');
  t.equal(body(hostile), 'level=error msg="a\\x1b[31mb\\a\\x7f\\u009b\\u202e\\u2028\\xff"\n');
  t.equal(body('Straße 東京 😀'), 'level=error msg="Straße 東京 😀"\n');
  t.equal(body('\u{e0001}'), 'level=error msg="\\U000e0001"\n');
});

t.test('terminal', async (t) => {
  t.equal(formatTerminal(record('no such container'), 3), '\x1b[31mERRO\x1b[0m[0003] no such container\n');
  t.equal(
    formatTerminal(record('m', { pid: 7 }, 'warning'), 0),
    `\x1b[33mWARN\x1b[0m[0000] ${'m'.padEnd(44)} \x1b[33mpid\x1b[0m=7\n`,
  );
  t.equal(formatTerminal(record('\x1b[2J', {}, 'info'), 0), '\x1b[36mINFO\x1b[0m[0000] \\x1b[2J\n');
});

t.test('what is shown as it is', async (t) => {
  t.equal(visible('line\n\ttab é'), 'line\n\ttab é');
  t.equal(visible(hostile), 'a\\x1b[31mb\\a\\x7f\\u009b\\u202e\\u2028\\xff');
  t.equal(visible('\r\v\f\b'), '\\r\\v\\f\\b');
});
