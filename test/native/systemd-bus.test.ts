// A systemd that does not do as it should: whatever the other end of the socket says, there is an error, and soon.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { call, closing, openConnection } from '../../src/cgroup/systemd/connection.ts';
import { pad, putAll } from '../../src/cgroup/systemd/marshal.ts';
import { planScopeChange } from '../../src/cgroup/systemd/scope.ts';
import type { BusValue } from '../../src/cgroup/systemd/signature.ts';
import { managerProperty, scopeControlGroup, startTransientUnit } from '../../src/cgroup/systemd/systemd1.ts';
import type { Native } from '../../src/native/contract.ts';
import type { SystemdEndpoint } from '../../src/plan/plan.ts';

const guid = `DATA\r\nOK ${'0'.repeat(32)}\r\n`;

/** What the other end sends after each write of ours; undefined: nothing more will come, '' closes. */
type Script = readonly (string | Uint8Array | undefined)[];

/**
 * A host whose socket answers by a script. Its clock is its own: waiting for what never comes takes the whole time-out at once.
 */
function scripted(script: Script): { native: Native; closed: () => number; written: () => readonly string[] } {
  let clock = 0n;
  let closed = 0;
  let step = 0;
  let waiting: Uint8Array[] = [];
  let ended = false;
  const written: string[] = [];
  const native: Partial<Native> = {
    connect: () => {
      ended = false;
      return 9;
    },
    close: () => {
      closed++;
    },
    monotonic: () => {
      clock += 1000n;
      return clock;
    },
    write: (_fd, data) => {
      written.push(typeof data === 'string' ? data : Buffer.from(data).toString('latin1'));
      const answer = script[step++];
      if (answer === '') ended = true;
      else if (answer !== undefined) waiting.push(typeof answer === 'string' ? Buffer.from(answer) : answer);
    },
    poll: (_fds, timeout) => {
      if (waiting.length > 0 || ended) return [1];
      clock += BigInt(timeout) * 1_000_000n;
      return [0];
    },
    read: () => {
      const [piece, ...rest] = waiting;
      waiting = rest;
      return piece ?? new Uint8Array(0);
    },
  };
  return { native: native as Native, closed: () => closed, written: () => written };
}

const endpoint: SystemdEndpoint = { kind: 'private', path: '/fake' };

/** Fields: 1 path, 2 interface, 3 member, 4 error, 5 reply serial, 8 signature. */
function message(
  type: number,
  fields: readonly (readonly [number, string, BusValue])[],
  body: readonly BusValue[] = [],
): Uint8Array {
  const values: number[] = [];
  const signature = String(fields.find(([code]) => code === 8)?.[2] ?? '');
  putAll(values, signature, body);
  const bytes: number[] = [];
  const list = fields.map(([code, kind, value]) => [code, { signature: kind, value }]);
  putAll(bytes, 'yyyyuua(yv)', [0x6c, type, 0, 1, values.length, 77, list]);
  pad(bytes, 8);
  return Uint8Array.from([...bytes, ...values]);
}

const reply = (serial: number, signature: string, body: readonly BusValue[]): Uint8Array =>
  message(2, [[5, 'u', serial], ...(signature === '' ? [] : [[8, 'g', signature] as const])], body);

const refusal = (serial: number, name: string, text: string): Uint8Array =>
  message(
    3,
    [
      [5, 'u', serial],
      [4, 's', name],
      [8, 'g', 's'],
    ],
    [text],
  );

const jobRemoved = (job: string, result: string): Uint8Array =>
  message(
    4,
    [
      [1, 'o', '/org/freedesktop/systemd1'],
      [2, 's', 'org.freedesktop.systemd1.Manager'],
      [3, 's', 'JobRemoved'],
      [8, 'g', 'uoss'],
    ],
    [1, job, 'x.scope', result],
  );

const noise = message(4, [
  [1, 'o', '/x'],
  [2, 's', 'a.b'],
  [3, 's', 'Other'],
]);

const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

function version(script: Script): string {
  const { native, closed } = scripted(script);
  try {
    const connection = openConnection(native, [endpoint]);
    if (connection === undefined) return 'nobody';
    return closing(connection, () => managerProperty(connection, 'Version'));
  } catch (error) {
    return (error as Error).message;
  } finally {
    t.equal(closed(), 1, 'the socket is closed');
  }
}

const answer = reply(1, 'v', [{ signature: 's', value: '257' }]);

t.test('a systemd that is well', async (t) => {
  t.equal(version([guid, answer]), '257');
  t.equal(version([guid, joined(noise, noise, answer)]), '257', 'among signals');
});

t.test('one that is not', async (t) => {
  const cases: readonly (readonly [string, Script, RegExp])[] = [
    ['says nothing', [undefined], /did not answer in 30 seconds/],
    ['closes', [''], /closed the connection/],
    ['refuses us', ['REJECTED EXTERNAL\r\nREJECTED\r\n'], /authentication was not accepted/],
    ['is no D-Bus', ['x'.repeat(5000)], /this is no D-Bus/],
    ['is no D-Bus, with an end', [`${'x'.repeat(5000)}\r\n`], /this is no D-Bus/],
    ['never answers the call', [guid, undefined], /did not answer/],
    ['is gone in the middle', [guid, ''], /closed the connection/],
    ['sends half a message', [guid, answer.slice(0, 30)], /did not answer/],
    ['sends garbage', [guid, Uint8Array.from({ length: 64 }, (_, at) => at)], /byte order/],
    [
      'claims a huge message',
      [guid, Uint8Array.of(0x6c, 2, 0, 1, 0xff, 0xff, 0xff, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0)],
      /too large/,
    ],
    ['answers another type', [guid, reply(1, 'u', [5])], /has signature "u", not "v"/],
    ['answers another value', [guid, reply(1, 'v', [{ signature: 'u', value: 5 }])], /property Version has type "u"/],
    ['answers nothing', [guid, reply(1, '', [])], /has signature ""/],
    [
      'refuses the call',
      [guid, refusal(1, 'a.b.AccessDenied', 'Permission denied')],
      /Get: not permitted \(a\.b\.AccessDenied\)/,
    ],
    ['floods', [guid, joined(...Array.from({ length: 1100 }, () => jobRemoved('/j', 'done')))], /nobody asked for/],
  ];
  for (const [name, script, text] of cases) t.match(version(script), text, name);
});

function start(script: Script): string {
  const { native } = scripted(script);
  const connection = openConnection(native, [endpoint]);
  if (connection === undefined) return 'nobody';
  try {
    return closing(connection, () => startTransientUnit(connection, 'x.scope', []));
  } catch (error) {
    return (error as Error).message;
  }
}

t.test('a job', async (t) => {
  const job = reply(1, 'o', ['/job/1']);
  t.equal(start([guid, joined(job, jobRemoved('/job/0', 'failed'), jobRemoved('/job/1', 'done'))]), 'done');
  t.equal(start([guid, joined(jobRemoved('/job/1', 'done'), job)]), 'done', 'that ends before its answer comes');
  t.equal(start([guid, joined(job, jobRemoved('/job/1', 'failed'))]), 'failed');
  t.match(start([guid, job]), /did not answer/);
  t.match(start([guid, refusal(1, 'org.freedesktop.systemd1.UnitExists', 'x')]), /UnitExists/);
});

t.test('a unit that systemd does not know is no error', async (t) => {
  const { native } = scripted([guid, refusal(1, 'org.freedesktop.systemd1.NoSuchUnit', 'x')]);
  const connection = openConnection(native, [endpoint]);
  t.equal(connection && scopeControlGroup(connection, 'x.scope'), undefined);
});

const cgroups = { mode: 'v2', directories: [] } as const;
const unit = { unit: 'x.scope', instance: 'system', endpoints: [endpoint] } as const;

/** New resources for a unit, by what the other end says to SetUnitProperties and to the one after that. */
function change(...later: Script): string[] {
  const before = [guid, reply(1, 'o', ['/unit']), reply(2, 'v', [{ signature: 't', value: 5n }])];
  const { native, written } = scripted([...before, ...later]);
  const { make, takeBack } = planScopeChange(native, cgroups, unit, { pids: { limit: 7 } });
  const said: string[] = [];
  for (const step of [make, takeBack]) {
    try {
      step();
      said.push('');
    } catch (error) {
      said.push((error as Error).message);
    }
  }
  // the one property's, at the end of the message
  const value = (text: string) => Buffer.from(text, 'latin1').subarray(-8).readBigUInt64LE();
  return [...said, ...written().flatMap((text) => (/SetUnitProperties/.test(text) ? [String(value(text))] : []))];
}

t.test('new resources, and what was there before', async (t) => {
  const done = reply(1, '', []);
  t.strictSame(change(guid, done, guid, done), ['', '', '7', '5']);
  const [refused = '', ...rest] = change(guid, refusal(1, 'a.b.Invalid', 'TasksMax= is out of range'));
  t.match(refused, /SetUnitProperties: TasksMax= is out of range/);
  t.strictSame(rest, ['', '7'], 'all or none: nothing is to be taken back');
  const [silent = '', ...back] = change(guid, '', guid, done);
  t.match(silent, /closed the connection/);
  t.strictSame(back.slice(1), ['7', '5'], 'it may have been done');
});

function addonHost(t: Test): Promise<Native> {
  return import('../../src/node/host.ts').then(({ createHost }) => {
    const host = createHost(new URL('../../dist', import.meta.url).pathname);
    t.ok(host);
    return host;
  });
}

t.test('nobody listens', async (t) => {
  const native = await addonHost(t);
  const folder = mkdtempSync(join(tmpdir(), 'noci-bus-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  t.equal(openConnection(native, [{ kind: 'private', path: join(folder, 'none') }]), undefined);
});

t.test('a call that is too large is not sent', async (t) => {
  const { native } = scripted([guid]);
  const connection = openConnection(native, [endpoint]);
  if (connection === undefined) throw new Error('not connected');
  const request = {
    destination: 'a.b',
    path: '/a',
    interface: 'a.b',
    member: 'M',
    signature: 's',
    body: ['x'.repeat(1 << 18)],
  };
  t.throws(() => call(connection, request), /too large/);
});
