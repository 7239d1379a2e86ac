import type { Command } from '../cli/command.ts';
import { Failure } from '../native/failure.ts';
import { explainCall } from './seccomp-explain.ts';
import { recordProfile } from './seccomp-record.ts';

/** `seccomp explain` and `seccomp record`. */
export const command: Command<'seccomp'> = (native, invocation) => {
  const [what, ...words] = invocation.positionals;
  if (what === 'explain') return explainCall(native, invocation, words);
  if (what === 'record') return recordProfile(native, invocation, words);
  throw new Failure(`no command seccomp ${JSON.stringify(what)}: there are explain and record`);
};
