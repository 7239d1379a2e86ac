import type { InitMessage, InitStep, StepName } from '../native/contract.ts';
import { errnoWords, setupWords } from '../native/errno-words.ts';
import { Failure } from '../native/failure.ts';
import type { PlannedStep } from '../plan/plan.ts';

export type InitFailure = Extract<InitMessage, { type: 'failure' }>;

/** runc's words before everything that goes wrong after init was started. */
export const startPrefix = 'unable to start container process: ';

/** Between that and the cause, when it is the container's own init. */
const initPrefix = 'error during container init: ';

/** Steps about the container's command: their errors are told in exactly Go's words, on which callers match. */
const aboutCommand: ReadonlySet<StepName> = new Set<StepName>([
  'lookup',
  'cwd_create',
  'credentials',
  'hook',
  'execve',
]);

/** What a step was about to do, where its name alone does not say it. */
function purpose(step: InitStep<unknown>): string {
  switch (step.step) {
    case 'mount':
      return `mount ${JSON.stringify(step.type)} at ${step.target}`;
    case 'bind':
      return `bind ${step.source} at ${step.target}`;
    case 'remount':
    case 'mount_setattr':
      return `${step.step} ${step.target}`;
    case 'security_attribute':
      return `attribute ${step.files[0]} of a security module`;
    case 'setns':
      return `join namespace ${step.path}`;
    case 'sysctl':
      return `sysctl ${step.key}=${step.value}`;
    case 'device':
    case 'mkdir':
    case 'symlink':
    case 'readonly_path':
    case 'masked_path':
    case 'root_attach':
    case 'parent_private':
    case 'move_root':
    case 'cwd_create':
      return `${step.step} ${step.path}`;
    case 'hook':
      return `${step.kind} hook #${step.index}`;
    default:
      return step.step;
  }
}

/** The sentence for a step that failed; runc's text first, then the place in config.json. `prefix` stands between the two beginnings. */
export function explainFailure(failure: InitFailure, steps: readonly PlannedStep[], prefix = initPrefix): Failure {
  const planned = steps[failure.step];
  const command = planned !== undefined && aboutCommand.has(planned.run.step);
  const pointer = command ? '' : (planned?.pointer ?? '');
  const { syscall, errno, code, path } = failure;
  const origin = { step: planned?.run.step ?? '', syscall, errno, code, path };
  const meaning = planned?.refusals?.[failure.code] ?? failure.text;
  const text = meaning !== '' ? meaning : command ? commandText(failure) : setupText(failure, planned);
  return new Failure(startPrefix + prefix + text, pointer, { origin });
}

function commandText({ syscall, path, code }: InitFailure): string {
  return `${subject(syscall, path)}: ${errnoWords(code)}`;
}

function setupText({ syscall, path, code }: InitFailure, planned: PlannedStep | undefined): string {
  const what = planned === undefined ? 'before the first step' : purpose(planned.run);
  const rest = planned === undefined ? path : withoutOwn(path, ownPath(planned.run));
  return `${what}: ${subject(syscall, rest)}: ${setupWords(code)}`;
}

/** The path that a step is about, which its purpose names. */
function ownPath(step: InitStep<unknown>): string {
  if (step.step === 'sysctl') return step.key;
  if ('target' in step && step.step !== 'symlink') return step.target;
  return 'path' in step ? step.path : '';
}

/** What init says of a path beyond the one that was named already, e.g. the kernel's own words in parentheses. */
function withoutOwn(path: string, own: string): string {
  if (path === own) return '';
  return own !== '' && path.startsWith(`${own} `) ? path.slice(own.length + 1) : path;
}

function subject(syscall: string, path: string): string {
  return path === '' ? syscall : `${syscall} ${path}`;
}

/** init ended without a word: somebody killed it, or the memory limit did. */
export function explainEnd(how: string, oomKilled: boolean): Failure {
  if (oomKilled) return new Failure(`${startPrefix}container init was OOM-killed (memory limit too low?)`);
  return new Failure(`${startPrefix}container init ended before the container was ready: ${how}`);
}
