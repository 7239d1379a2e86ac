import t from 'tap';
import { answerInit, dueMessages } from '../../../src/container/handshake.ts';
import type { InitMessage, Native } from '../../../src/native/contract.ts';
import type { PlannedStep } from '../../../src/plan/plan.ts';

const hooks: PlannedStep = { pointer: '', run: { step: 'request', what: 'hooks' } };
const ready: PlannedStep = { pointer: '', run: { step: 'ready' } };
const terminal: PlannedStep = { pointer: '', run: { step: 'terminal', width: 0, height: 0, console: 1 } };
const filter = (flags: number): PlannedStep => ({
  pointer: '',
  run: { step: 'seccomp', program: new Uint8Array(8), flags, late: 0 },
});
const setsid: PlannedStep = { pointer: '', run: { step: 'setsid' } };

/** A native whose init says `messages`; what is done is noted in order. */
function talk(messages: readonly InitMessage[], steps: readonly PlannedStep[], failing = ''): string[] {
  const seen: string[] = [];
  const left = [...messages];
  let patience = -1;
  const native = {
    receive: (_socket: number, timeout: number) => left.shift() ?? (timeout === -1 ? { type: 'closed' } : undefined),
    reply: (_socket: number, ok: boolean) => seen.push(`reply ${ok}`),
  } as unknown as Native;
  const note = (due: string) => () => {
    seen.push(due);
    if (due === failing) throw new Error(`${due} goes wrong`);
  };
  try {
    answerInit(native, 7, steps, {
      answer: {
        hooks: note('hooks'),
        seccomp: (request) => {
          note(request)();
          patience = 30_000;
        },
        ready: note('ready'),
      },
      terminal: (master) => seen.push(`terminal ${master}`),
      network: (netlink) => seen.push(`network ${netlink}`),
      warning: (text) => seen.push(`warning ${text}`),
      done: ({ step, nanoseconds }) => seen.push(`done ${step} ${nanoseconds}`),
      explain: (message) => new Error(message.type),
      patience: () => patience,
      late: () => new Error('late'),
    });
  } catch (error) {
    seen.push(`thrown ${(error as Error).message}`);
  }
  return seen;
}

t.test('what is due is known from the plan', async (t) => {
  t.strictSame(dueMessages([setsid, hooks, ready, setsid]), ['hooks', 'ready']);
  t.strictSame(dueMessages([hooks, terminal, ready]), ['hooks', 'terminal', 'ready']);
  t.strictSame(dueMessages([filter(4), filter(12), ready]), ['seccomp', 'ready'], 'a filter with a listener');
  t.throws(() => dueMessages([{ pointer: '', run: { step: 'request', what: 'root' } }]), {
    message: 'plan asks the runtime for "root"',
  });
});

t.test('a listener is taken once, and then init has no longer than its agent is given', async (t) => {
  const request = { type: 'request', what: 'seccomp:7' } as const;
  t.strictSame(talk([request], [filter(8), ready]), ['seccomp:7', 'reply true', 'thrown late']);
  t.strictSame(talk([request, { type: 'ready' }], [ready]), ['thrown init said "seccomp" when "ready" was due']);
  const odd = { type: 'request', what: 'seccomp:-1' } as const;
  t.strictSame(talk([odd], [filter(8), ready]), ['thrown init said "seccomp:-1" when "seccomp" was due']);
});

t.test('questions are answered in order, warnings in between are passed on', async (t) => {
  const messages: InitMessage[] = [
    { type: 'warning', step: 0, text: 'a' },
    { type: 'request', what: 'hooks' },
    { type: 'done', step: 1, start: 0n, nanoseconds: 5000 },
    { type: 'warning', step: 1, text: 'b' },
    { type: 'ready' },
  ];
  t.strictSame(talk(messages, [hooks, ready]), [
    'warning a',
    'hooks',
    'reply true',
    'done 1 5000',
    'warning b',
    'ready',
    'reply true',
  ]);
});

t.test('a socket of netlink is used before init goes on', async (t) => {
  const netlink: PlannedStep = { pointer: '', run: { step: 'netlink_socket' } };
  const messages: InitMessage[] = [{ type: 'network', fd: 7 }, { type: 'ready' }];
  t.strictSame(talk(messages, [netlink, ready]), ['network 7', 'reply true', 'ready', 'reply true']);
  t.strictSame(talk(messages, [ready]), ['thrown init said "network" when "ready" was due']);
});

t.test('a terminal is taken over without a reply, and only when it is due', async (t) => {
  const messages: InitMessage[] = [{ type: 'terminal', fd: 9 }, { type: 'ready' }];
  t.strictSame(talk(messages, [terminal, ready]), ['terminal 9', 'ready', 'reply true']);
  t.strictSame(talk(messages, [ready]), ['thrown init said "terminal" when "ready" was due']);
  t.strictSame(talk([{ type: 'ready' }], [terminal]), ['thrown init said "ready" when "terminal" was due']);
});

t.test('a question that is not due is never answered', async (t) => {
  t.strictSame(talk([{ type: 'ready' }], [hooks, ready]), ['thrown init said "ready" when "hooks" was due']);
  t.strictSame(talk([{ type: 'request', what: 'x' }], [ready]), ['thrown init said "x" when "ready" was due']);
});

t.test('a failure, a silent end and an answer that goes wrong end it without a reply', async (t) => {
  const failure: InitMessage = { type: 'failure', step: 0, syscall: 'x', errno: 1, code: 'EPERM', path: '', text: '' };
  t.strictSame(talk([failure], [ready]), ['thrown failure']);
  t.strictSame(talk([], [ready]), ['thrown closed']);
  t.strictSame(talk([{ type: 'request', what: 'hooks' }], [hooks, ready], 'hooks'), [
    'hooks',
    'thrown hooks goes wrong',
  ]);
});
