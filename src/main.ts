import type { Command } from './cli/command.ts';
import { type Commands, dispatch } from './cli/dispatch.ts';
import { stderrLog } from './cli/log.ts';
import { command as create } from './commands/create.ts';
import { command as deleteContainer } from './commands/delete.ts';
import { command as exec } from './commands/exec.ts';
import { command as kill } from './commands/kill.ts';
import { command as pause } from './commands/pause.ts';
import { command as resume } from './commands/resume.ts';
import { command as run } from './commands/run.ts';
import { command as start } from './commands/start.ts';
import { command as state } from './commands/state.ts';
import { printVersion } from './commands/version.ts';
import type { Native } from './native/contract.ts';

type Seldom = typeof import('./commands/seldom.ts');

function seldom<V extends keyof Seldom>(verb: V): Command<V> {
  return (native, invocation) => ((native.cold('seldom') as Seldom)[verb] as Command<V>)(native, invocation);
}

type Beyond = typeof import('./commands/beyond.ts');

function beyond<V extends keyof Beyond>(verb: V): Command<V> {
  return (native, invocation) => ((native.cold('beyond') as Beyond)[verb] as Command<V>)(native, invocation);
}

type Traced = typeof import('./commands/traced.ts');

/** --trace; without, nothing of it is there. */
function traceable<V extends 'create' | 'run' | 'start' | 'exec'>(command: Command<V>): Command<V> {
  return (native, invocation) => {
    if (invocation.options.trace === '') return command(native, invocation);
    return (native.cold('trace') as Traced).traced(command, native, invocation);
  };
}

const commands: Commands = {
  create: traceable(create),
  run: traceable(run),
  start: traceable(start),
  state,
  list: seldom('list'),
  kill,
  delete: deleteContainer,
  exec: traceable(exec),
  spec: seldom('spec'),
  features: seldom('features'),
  pause,
  resume,
  ps: seldom('ps'),
  events: seldom('events'),
  update: seldom('update'),
  validate: beyond('validate'),
  timeline: beyond('timeline'),
  explain: beyond('explain'),
  doctor: beyond('doctor'),
  wait: beyond('wait'),
  watch: beyond('watch'),
  gc: beyond('gc'),
  seccomp: beyond('seccomp'),
  inspect: beyond('inspect'),
  version: printVersion,
};

/** One call of noci: argv in, exit status out. Both hosts call this and nothing else. */
export function main(native: Native): number {
  try {
    return dispatch(native, commands);
  } catch (error) {
    return confess(native, error);
  }
}

/** Anything thrown past `dispatch` is a defect; the caller still gets a record and the status of a failure. */
function confess(native: Native, error: unknown): number {
  const words = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : String(error);
  stderrLog(native).fatal(words);
  return 1;
}
