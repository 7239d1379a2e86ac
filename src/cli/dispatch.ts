import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { version } from '../native/release.ts';
import type { Command, GlobalOptions, Invocation } from './command.ts';
import { containerIds } from './container-ids.ts';
import { failureDetail, failureFields, failureText } from './failure-text.ts';
import { type Log, openLog, stderrLog } from './log.ts';
import type { AvailableVerb, Verb } from './options.ts';
import { type GlobalValues, type Misuse, parse, type Request } from './parse.ts';
import { stateRoot } from './root.ts';
import { readBoolean } from './value.ts';

/** Verb → what does it. */
export type Commands = { readonly [V in AvailableVerb]: Command<V> } & {
  readonly version: (native: Native, program: string) => number;
};

/** One request on its way to its answer. */
interface Call {
  readonly native: Native;
  readonly commands: Commands;
  /** argv[0] as it is */
  readonly argv0: string;
  /** its last part */
  readonly program: string;
}

type Of<K extends Request['kind']> = Extract<Request, { readonly kind: K }>;

type Usage = typeof import('./usage.ts');

/** runc's exit status for a word that is no command */
const noSuchCommand = 3;

/**
 * Reads the command line, runs the command, and tells a failure: one error record in the log, and the text on stderr.
 * Returns the exit status.
 */
export function dispatch(native: Native, commands: Commands): number {
  const argv = native.args();
  const argv0 = argv[0] || 'noci';
  const call = { native, commands, argv0, program: argv0.slice(argv0.lastIndexOf('/') + 1) };
  try {
    return answer(call, parse([argv0, ...argv.slice(1)]));
  } catch (error) {
    return tell(stderrLog(native), error, { prefix: '', status: 1 });
  }
}

function answer(call: Call, request: Request): number {
  switch (request.kind) {
    case 'command':
      return runCommand(call, request);
    case 'help':
      return print(call, usage(call).help({ name: call.program, version }, request.topic));
    case 'version':
      return call.commands.version(call.native, call.program);
    case 'completion':
      return completion(call, request.shell);
    case 'suggest':
      return suggest(call, request.words);
    case 'unavailable':
      return unavailable(call, request);
    case 'unknown':
      return unknownCommand(call, request);
    case 'misuse':
      return misuse(call, request);
  }
}

function runCommand(call: Call, request: Of<'command'>): number {
  const { native, program } = call;
  const log = openLog(native, logOptions(request.global));
  const verb = request.verb as AvailableVerb;
  let ending: Ending = { prefix: '', status: 1 };
  try {
    const global = checkGlobal(native, request.global);
    ending = endingOf(program, verb);
    const { options, positionals } = request;
    const command = call.commands[verb] as Command<Verb>;
    return command(native, { verb, program, options, positionals, global, log } as Invocation<Verb>);
  } catch (error) {
    return tell(log, error, ending);
  }
}

/** How a failure of a command is told: what stands before its text, and the exit status. As runc: exec keeps 1 for the process itself. */
interface Ending {
  readonly prefix: string;
  readonly status: number;
}

function endingOf(program: string, verb: Verb): Ending {
  if (verb === 'exec') return { prefix: 'exec failed: ', status: 255 };
  // 1 is its verdict on a config
  if (verb === 'validate') return { prefix: '', status: 2 };
  return { prefix: verb === 'create' || verb === 'run' ? `${program} ${verb} failed: ` : '', status: 1 };
}

function tell(log: Log, error: unknown, { prefix, status }: Ending): number {
  const detail = log.debugging ? failureDetail(error) : '';
  if (detail !== '') log.debug(detail);
  log.fatal(prefix + failureText(error), failureFields(error));
  return status;
}

function checkGlobal(native: Native, values: GlobalValues): GlobalOptions {
  const root = stateRoot(native, values.root);
  return {
    debug: values.debug,
    root: root.path,
    rootGiven: root.given,
    rootSticky: root.sticky,
    systemdCgroup: values['systemd-cgroup'],
    rootless: rootless(values.rootless),
  };
}

function rootless(word: string): boolean | 'auto' {
  const value = word === 'auto' ? word : readBoolean(word);
  if (value === undefined)
    throw new Failure(`invalid value ${JSON.stringify(word)} for --rootless: must be true, false or auto`);
  return value;
}

function logOptions(values: GlobalValues): Parameters<typeof openLog>[1] {
  return { debug: values.debug, path: values.log, format: values['log-format'] };
}

function refuse({ native }: Call, global: GlobalValues, message: string, status = 1): number {
  openLog(native, logOptions(global)).fatal(message);
  return status;
}

function unavailable(call: Call, { global, verb }: Of<'unavailable'>): number {
  const { prefix, status } = endingOf(call.program, verb);
  return refuse(call, global, `${prefix}${call.program}: "${verb}" is not available in this version`, status);
}

/** As runc: the help on stdout, the error in the log. */
function misuse(call: Call, request: Misuse & { readonly global: GlobalValues }): number {
  const { topic, heading, problem, unknown } = request;
  advise(call, ({ help, nearestOption }) => {
    const hint = unknown === '' ? '' : nearestOption(topic, unknown);
    return [heading, hint, help({ name: call.program, version }, topic)].filter((text) => text !== '').join('\n\n');
  });
  return refuse(call, request.global, problem, topic === 'validate' ? 2 : 1);
}

function unknownCommand(call: Call, request: Of<'unknown'>): number {
  advise(call, ({ nearestCommand }) => nearestCommand(request.word));
  return refuse(call, request.global, `No help topic for '${request.word}'`, noSuchCommand);
}

/** Advice beside an error, on stdout. When it cannot be given (closed stdout, no help installed), the error is still told. */
function advise(call: Call, advice: (usage: Usage) => string): void {
  try {
    print(call, advice(usage(call)));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

function completion(call: Call, shell: string): number {
  const script = usage(call).completionScript(call.argv0, shell);
  if (script === undefined)
    throw new Failure(`no completion for shell ${JSON.stringify(shell)}: there is one for bash, fish and zsh`);
  return print(call, script);
}

function suggest(call: Call, words: readonly string[]): number {
  const { native } = call;
  const { global } = parse(words);
  const ids = containerIds(native, stateRoot(native, global.root).path);
  return print(call, usage(call).completions(words, native.getenv('SHELL') ?? '', ids));
}

function usage({ native }: Call): Usage {
  return native.cold('usage') as Usage;
}

function print({ native }: Call, text: string): number {
  native.write(1, text);
  return 0;
}
