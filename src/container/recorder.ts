import type { Fd, Native, SpawnOptions } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { version } from '../native/release.ts';
import type { Hook, Hooks } from '../oci/types.ts';
import { stepFields } from '../plan/explain.ts';
import { stepWords } from '../plan/step-words.ts';
import type { Tracer } from './report.ts';

/** What a command is given instead of the host, and whom it tells. */
export interface Recorder {
  readonly native: Native;
  readonly tracer: Tracer;
}

/** Threads of the trace. */
const lanes = { runtime: 1, init: 2, hooks: 3 } as const;

type Args = Readonly<Record<string, string | number>>;

const none = (): Args => ({});

/** A complete event ("X") of the trace event format; microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly cat: 'command' | 'phase' | 'call' | 'message' | 'step' | 'hook';
  readonly lane: keyof typeof lanes;
  readonly start: bigint;
  readonly end: bigint;
  /** made when the file is written, so that it costs nothing while times are taken */
  readonly args: () => Args;
}

/** More of them are of no use to anybody, and a hook may keep the runtime busy for ever. */
const mostEvents = 50_000;

/** Of these only the result is of interest, or nothing at all: they ask the kernel for nothing that takes time. */
const silent: ReadonlySet<string> = new Set([
  'monotonic',
  'realtime',
  'args',
  'getenv',
  'environ',
  'inheritedFds',
  'getpid',
  'exit',
]);

/** Arguments by name. Content is told by its length: what is written, read or hashed may be secret. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  open: ['dirfd', 'path', 'flags', 'mode'],
  openat2: ['dirfd', 'path', 'flags', 'mode', 'resolve'],
  close: ['fd'],
  chdir: ['path'],
  cold: ['module'],
  readText: ['dirfd', 'path'],
  writeControl: ['dirfd', 'path', 'text'],
  read: ['fd', 'length'],
  fsync: ['fd'],
  flock: ['fd', 'operation'],
  stat: ['dirfd', 'path'],
  statfs: ['path'],
  readlink: ['dirfd', 'path'],
  readdir: ['fd'],
  mkdir: ['dirfd', 'path', 'mode'],
  mkfifo: ['dirfd', 'path', 'mode'],
  rename: ['fromDir', 'from', 'toDir', 'to'],
  unlink: ['dirfd', 'path'],
  fchmod: ['fd', 'mode'],
  fchown: ['fd', 'uid', 'gid'],
  openTree: ['dirfd', 'path'],
  connect: ['path'],
  pidfdOpen: ['pid'],
  pidfdSendSignal: ['pidfd', 'signal'],
  kill: ['pid', 'signal'],
};

const longest = 300;

function shown(value: unknown): string | number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return value.length <= longest ? value : `${value.slice(0, longest)}…`;
  return undefined;
}

function callArguments(name: string, values: readonly unknown[]): Args {
  const args: Record<string, string | number> = {};
  for (const [index, parameter] of (parameters[name] ?? []).entries()) {
    const text = shown(values[index]);
    if (text !== undefined && text !== -100) args[parameter] = text;
  }
  if (name === 'write' || name === 'writeSome') {
    args.fd = values[0] as Fd;
    args.length = (values[1] as string | Uint8Array).length;
  }
  if (name === 'sendPlan') args.steps = (values[1] as readonly unknown[]).length;
  if (name === 'spawn') args.path = (values[0] as SpawnOptions).path;
  return args;
}

/** "receive hooks": what it was that was waited for. */
function callName(name: string, result: unknown): string {
  if (name !== 'receive') return name;
  const { type = 'nothing', what = '' } = (result ?? {}) as { readonly type?: string; readonly what?: string };
  return `receive ${type === 'request' ? what : type}`;
}

function isStepTime(message: unknown): boolean {
  return (message as { readonly type?: string } | undefined)?.type === 'done';
}

const messages: ReadonlySet<string> = new Set(['receive', 'reply', 'sendPlan']);

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What runs as a hook, until its end was seen. */
interface RunningProgram {
  readonly name: string;
  readonly start: bigint;
  readonly args: () => Args;
}

interface KnownHook {
  readonly name: string;
  readonly pointer: string;
  readonly hook: Hook;
}

/**
 * Records what `native` is asked for and what the tracer is told, and gives the trace to `write` when the process runs or the
 * command has ended, whatever comes first; once.
 */
export function record(native: Native, title: string, write: (text: string) => void): Recorder {
  const events: TraceEvent[] = [];
  const known: KnownHook[] = [];
  const running = new Map<Fd, RunningProgram>();
  const beginning = native.monotonic();
  let finished = false;
  /** since when a message is waited for that is more than the time of a step */
  let waiting: bigint | undefined;

  function add(event: TraceEvent): void {
    if (!finished && events.length < mostEvents) events.push(event);
  }

  /** Each is taken once: two that are the same run in the order of the config. */
  function takeHook(path: string): Omit<KnownHook, 'hook'> {
    const index = known.findIndex(({ hook }) => hook.path === path);
    const [found] = index < 0 ? [] : known.splice(index, 1);
    return found ?? { name: fileName(path), pointer: '' };
  }

  function follow(name: string, values: readonly unknown[], result: unknown, start: bigint, end: bigint): void {
    if (name === 'spawn') {
      const { path, args } = values[0] as SpawnOptions;
      const { name: title, pointer } = takeHook(path);
      running.set((result as { pidfd: Fd }).pidfd, {
        name: title,
        start,
        args: () => ({ path, args: args.join(' '), pointer }),
      });
    } else if (name === 'waitPidfd' && result !== undefined) {
      const program = running.get(values[0] as Fd);
      if (program === undefined) return;
      running.delete(values[0] as Fd);
      add({ ...program, cat: 'hook', lane: 'hooks', end });
    }
  }

  function wrap(name: string, work: (...values: unknown[]) => unknown): (...values: unknown[]) => unknown {
    if (silent.has(name)) return work;
    const cat = messages.has(name) ? 'message' : 'call';
    return (...values) => {
      if (finished) return work(...values);
      let start = native.monotonic();
      const done = (title: string, more: Args = {}): bigint => {
        const end = native.monotonic();
        add({
          name: title,
          cat,
          lane: 'runtime',
          start,
          end,
          args: () => ({ ...callArguments(name, values), ...more }),
        });
        return end;
      };
      try {
        const result = work(...values);
        if (name === 'receive') {
          start = waiting ?? start;
          waiting = isStepTime(result) ? start : undefined;
          if (waiting !== undefined) return result;
        }
        follow(name, values, result, start, done(callName(name, result)));
        return result;
      } catch (error) {
        done(name, { error: isNativeError(error) ? error.code : String(error) });
        throw error;
      }
    };
  }

  const wrapped: Record<string, unknown> = {};
  for (const [name, work] of Object.entries(native))
    wrapped[name] = typeof work === 'function' ? wrap(name, work as (...values: unknown[]) => unknown) : work;

  const tracer: Tracer = {
    hooks: (hooks: Hooks) => {
      for (const kind of ['prestart', 'createRuntime', 'poststart', 'poststop'] as const)
        for (const [index, hook] of (hooks[kind] ?? []).entries())
          known.push({ name: `${kind} #${index} ${fileName(hook.path)}`, pointer: `/hooks/${kind}/${index}`, hook });
    },
    phase: (name, start, end) => add({ name, cat: 'phase', lane: 'runtime', start, end, args: none }),
    step: ({ run, pointer }, index, start, nanoseconds) => {
      const end = start + BigInt(nanoseconds);
      const args = (): Args => {
        const fields: Record<string, string | number> = { step: index, does: stepWords(run), pointer };
        for (const [name, text] of stepFields(run)) fields[name] = shown(text) as string;
        return fields;
      };
      add({ name: run.step, cat: 'step', lane: 'init', start, end, args });
      if (run.step !== 'hook') return;
      const title = `${run.kind} #${run.index} ${fileName(run.path)}`;
      add({
        name: title,
        cat: 'hook',
        lane: 'hooks',
        start,
        end,
        args: () => ({ path: run.path, args: run.args.join(' '), pointer }),
      });
    },
    finish: () => {
      if (finished) return;
      add({ name: title, cat: 'command', lane: 'runtime', start: beginning, end: native.monotonic(), args: none });
      finished = true;
      write(traceText(events, beginning, native.getpid(), title));
    },
  };
  return { native: wrapped as unknown as Native, tracer };
}

/** Nanoseconds → microseconds since the beginning, to the nanosecond. */
function microseconds(time: bigint, beginning = 0n): number {
  return Number(time - beginning) / 1000;
}

/** The object form of the trace event format, which Perfetto and chrome://tracing read; an event a line. */
function traceText(events: readonly TraceEvent[], beginning: bigint, pid: number, title: string): string {
  const metadata = [
    { name: 'process_name', ph: 'M', pid, tid: 0, args: { name: `noci ${title}` } },
    ...Object.entries(lanes).map(([name, tid]) => ({ name: 'thread_name', ph: 'M', pid, tid, args: { name } })),
    ...Object.values(lanes).map((tid) => ({ name: 'thread_sort_index', ph: 'M', pid, tid, args: { sort_index: tid } })),
  ];
  const complete = [...events]
    .sort((one, other) => Number(one.start - other.start) || Number(other.end - one.end))
    .map(({ name, cat, lane, start, end, args }) => ({
      name,
      cat,
      ph: 'X',
      ts: microseconds(start, beginning),
      dur: microseconds(end - start),
      pid,
      tid: lanes[lane],
      args: args(),
    }));
  const lines = [...metadata, ...complete].map((event) => JSON.stringify(event));
  const head = JSON.stringify({ displayTimeUnit: 'ns', otherData: { program: `noci ${version}`, title } });
  return `${head.slice(0, -1)},"traceEvents":[\n${lines.join(',\n')}\n]}\n`;
}
