import type { InitStep, Native } from '../../src/native/contract.ts';

/** Where a fault strikes: the n-th call into the kernel of one command, or before the n-th step of init. */
export type Fault =
  | { readonly kind: 'none' }
  /** the runtime dies before the call */
  | { readonly kind: 'kill'; readonly at: number }
  /** the call fails with EIO */
  | { readonly kind: 'fail'; readonly at: number }
  | { readonly kind: 'init-kill'; readonly at: number }
  | { readonly kind: 'init-fail'; readonly at: number };

/** How far a command came. */
export interface Counter {
  calls: number;
  steps: number;
}

/** Calls that change nothing and cannot fail in a way that matters. `close` never fails for a reason that one could act on. */
const harmless = new Set([
  'args',
  'getenv',
  'environ',
  'getpid',
  'geteuid',
  'getegid',
  'getcwd',
  'realtime',
  'monotonic',
  'isatty',
  'inheritedFds',
  'exit',
  'describe',
  'uname',
  'boundingSet',
  'cold',
  'parseJson',
  'close',
]);

function inputOutputError(syscall: string): Error {
  return Object.assign(new Error('input/output error'), { code: 'EIO', errno: 5, syscall, path: '' });
}

/** The step `fault` exists only in the init of the fault build: action 0 kills init, 1 fails. */
function withFault(plan: readonly InitStep[], fault: Fault): readonly InitStep[] {
  if (fault.kind !== 'init-kill' && fault.kind !== 'init-fail') return plan;
  const step = { step: 'fault', action: fault.kind === 'init-kill' ? 0 : 1 } as unknown as InitStep;
  return [...plan.slice(0, fault.at), step, ...plan.slice(fault.at)];
}

/** The same host, but one thing goes wrong. `counter` counts the calls and init's steps. */
export function inject(host: Native, fault: Fault, counter: Counter): Native {
  const strike = (name: string): void => {
    const index = counter.calls++;
    if (!('at' in fault) || fault.at !== index) return;
    if (fault.kind === 'kill') process.kill(process.pid, 'SIGKILL');
    if (fault.kind === 'fail') throw inputOutputError(name);
  };
  return new Proxy(host, {
    get(target, key: keyof Native) {
      const call = target[key] as (...args: unknown[]) => unknown;
      if (harmless.has(key)) return call.bind(target);
      if (key === 'sendPlan') {
        return (socket: number, plan: readonly InitStep[]) => {
          strike(key);
          counter.steps += plan.length;
          target.sendPlan(socket, withFault(plan, fault));
        };
      }
      return (...args: unknown[]) => {
        strike(key);
        return call.apply(target, args);
      };
    },
  });
}
