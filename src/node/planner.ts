import { join } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { directory } from './library-addon.ts';
import type { Planning } from './planning.ts';
import { abandoned } from './process.ts';
import { RuntimeError } from './runtime-error.ts';
import { turn } from './turns.ts';

/** To the thread. */
export interface PlannerQuestion {
  readonly number: number;
  readonly verb: keyof Planning;
  readonly argument: unknown;
}

/** From the thread: a value, or what was thrown. */
export type PlannerAnswer =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly failure: Refusal };

interface Refusal {
  readonly message: string;
  /** those of a record in the log */
  readonly fields: object;
}

interface Asker {
  readonly verb: string;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

const askers = new Map<number, Asker>();
let thread: Worker | undefined;
let last = 0;

/** Asks the one thread for plans that this thread has; it is started with the first question, and keeps nobody alive. */
export async function ask<V extends keyof Planning>(
  verb: V,
  argument: Parameters<Planning[V]>[0],
  signal?: AbortSignal,
): Promise<ReturnType<Planning[V]>> {
  signal?.throwIfAborted();
  await turn();
  const number = ++last;
  const answer = new Promise<ReturnType<Planning[V]>>((resolve, reject) => {
    thread ??= startThread();
    // `validateBundle` and `validateConfig` are one to who asks
    const asked = verb.startsWith('validate') ? 'validate' : verb;
    post(thread, { number, verb, argument }, asked);
    askers.set(number, { verb: asked, resolve, reject });
    thread.ref();
  });
  return abandoned(answer, signal);
}

/** What cannot be copied to another thread (a function, say) can be in no config either. */
function post(worker: Worker, question: PlannerQuestion, verb: string): void {
  try {
    worker.postMessage(question);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw errorOf(verb, { message: `${verb}: ${reason}`, fields: { code: 'INVALID', cause } });
  }
}

function startThread(): Worker {
  const worker = new Worker(join(directory, 'noci-planner.cjs'), { execArgv: [], env: SHARE_ENV, name: 'noci' });
  worker.on('message', take);
  worker.on('error', (error) => end(worker, error));
  worker.on('exit', () => end(worker, new Error('the thread has ended')));
  worker.unref();
  return worker;
}

function take(answer: PlannerAnswer): void {
  const asker = askers.get(answer.number);
  askers.delete(answer.number);
  if (askers.size === 0) thread?.unref();
  if (asker === undefined) return;
  if ('value' in answer) asker.resolve(answer.value as never);
  else asker.reject(errorOf(asker.verb, answer.failure));
}

function errorOf(verb: string, { message, fields }: Refusal): RuntimeError {
  return new RuntimeError(message, { verb, ...fields });
}

/** With memory for a huge config too short, say: the next question gets a new one. */
function end(worker: Worker, cause: Error): void {
  if (thread !== worker) return;
  thread = undefined;
  for (const { verb, reject } of askers.values())
    reject(errorOf(verb, { message: `${verb}: ${cause.message}`, fields: { cause } }));
  askers.clear();
}
