import type { Command, Invocation } from '../cli/command.ts';
import { type Recorder, record } from '../container/recorder.ts';
import type { Native } from '../native/contract.ts';
import { describeNativeError, isNativeError } from '../native/failure.ts';
import { openNew } from './new-file.ts';

type Traceable = 'create' | 'run' | 'start' | 'exec';

/**
 * A command, and what took how long in a file. That is opened first, before anything is made: where the bundle becomes the
 * working directory a relative path would lead elsewhere. What goes wrong with the command is in it too.
 */
export function traced<V extends Traceable>(command: Command<V>, native: Native, invocation: Invocation<V>): number {
  const { verb, options, positionals, log } = invocation;
  const file = openNew(native, options.trace, 0o600, '--trace');
  const recorder = record(native, `${verb} ${positionals[0] ?? ''}`, (text) => {
    try {
      native.write(file, text);
    } catch (error) {
      if (!isNativeError(error)) throw error;
      // a container is not given up for it
      log.warning(`--trace ${options.trace}: ${describeNativeError(error)}`);
    }
    native.close(file);
  });
  return finished(recorder, () =>
    command(recorder.native, { ...invocation, log: { ...log, tracer: recorder.tracer } as typeof log }),
  );
}

function finished<T>({ tracer }: Recorder, work: () => T): T {
  try {
    return work();
  } finally {
    tracer.finish();
  }
}
