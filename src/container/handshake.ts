import type { Fd, InitMessage, Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import type { PlannedStep } from '../plan/plan.ts';
import { NEW_LISTENER } from '../seccomp/flags.ts';
import { listenerOf } from './seccomp-agent.ts';

/** What init waits for while it works through its plan. */
export type Due = 'hooks' | 'seccomp' | 'ready';

/** What init says of it once: what it waits for, and what it hands over. */
export type Expected = Due | 'terminal' | 'network';

/** What init says of a step that is timed. */
export type Done = Extract<InitMessage, { type: 'done' }>;

export interface HandshakeAnswers {
  /** What is done before init goes on; throws to stop it. */
  readonly answer: { readonly [due in Due]: (request: string) => void };
  /** Takes over the master of the process's terminal. */
  readonly terminal: (master: Fd) => void;
  /** Does what a socket in the container's network namespace is for, which it takes over, before init goes on. */
  readonly network: (socket: Fd) => void;
  readonly warning: (text: string, step: number) => void;
  /** A step of a plan that is traced has been done. */
  readonly done: (message: Done) => void;
  /** Makes the error of a failure or of a silent end. */
  readonly explain: (message: Extract<InitMessage, { type: 'failure' | 'closed' }>) => Error;
  /** Milliseconds for the next message, -1 for any time; */
  readonly patience: () => number;
  /** and the error when they are over. */
  readonly late: () => Error;
}

/** The messages that init must send, in order: known from the plan, so that no other one is ever answered. */
export function dueMessages(steps: readonly PlannedStep[]): Expected[] {
  return steps.flatMap(({ run }): Expected[] => {
    if (run.step === 'ready' || run.step === 'terminal') return [run.step];
    if (run.step === 'netlink_socket') return ['network'];
    if (run.step === 'seccomp') return (run.flags & NEW_LISTENER) === 0 ? [] : ['seccomp'];
    if (run.step !== 'request') return [];
    if (run.what !== 'hooks') throw new Failure(`plan asks the runtime for ${JSON.stringify(run.what)}`);
    return ['hooks'];
  });
}

/** Answers init until it is ready. Throws what `explain` or an answer says; init is then still waiting, or gone. */
export function answerInit(native: Native, socket: Fd, steps: readonly PlannedStep[], answers: HandshakeAnswers): void {
  for (const due of dueMessages(steps)) {
    const message = next(native, socket, answers);
    expect(message, due);
    if (message.type === 'terminal') {
      answers.terminal(message.fd);
      continue;
    }
    if (message.type === 'network') answers.network(message.fd);
    else answers.answer[due as Due](message.type === 'request' ? message.what : '');
    native.reply(socket, true);
  }
}

type Question = Extract<InitMessage, { type: 'request' | 'ready' | 'terminal' | 'network' }>;

/** The next message that wants something done. */
function next(native: Native, socket: Fd, { warning, done, explain, patience, late }: HandshakeAnswers): Question {
  for (;;) {
    const message = native.receive(socket, patience());
    if (message === undefined) throw late();
    if (message.type === 'failure' || message.type === 'closed') throw explain(message);
    if (message.type === 'warning') warning(message.text, message.step);
    else if (message.type === 'done') done(message);
    else return message;
  }
}

function expect(message: Question, due: Expected): void {
  const seen = message.type === 'request' ? nameOf(message.what) : message.type;
  if (seen !== due) throw new Failure(`init said ${JSON.stringify(seen)} when ${JSON.stringify(due)} was due`);
}

/** 'seccomp:7' is about an fd. */
function nameOf(what: string): string {
  return listenerOf(what) === undefined ? what : 'seccomp';
}

/**
 * Waits until init has closed its end: only then does it no longer die with the runtime (PR_SET_PDEATHSIG is cleared), and
 * when it waits for no `start`, its execve(2) is done.
 */
export function awaitClose(native: Native, socket: Fd): void {
  while (native.receive(socket, -1)?.type !== 'closed');
}
