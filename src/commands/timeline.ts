import type { Command } from '../cli/command.ts';
import type { Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from '../native/open-flags.ts';
import { page } from '../timeline/page.ts';
import { readTrace } from '../timeline/trace.ts';

/** Some hundred times what a container needs. */
const largest = 16 << 20;

/** `timeline`: a trace as a page for a browser. */
export const command: Command<'timeline'> = (native, { positionals, options }) => {
  const path = positionals[0] ?? '';
  const trace = readTrace(parse(path, native.readText(AT_FDCWD, path, largest)));
  if (trace === undefined)
    throw new Failure(`${path}: no trace, which is what --trace of create, run, start or exec writes`);
  const text = page(trace);
  if (options.output === '') native.write(1, text);
  else writeNew(native, options.output, text);
  return 0;
};

/** Not as a config is read: times have fractions. */
function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(`${path}: no JSON`, '', { cause: error });
  }
}

function writeNew(native: Native, path: string, text: string): void {
  try {
    const file = native.open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666);
    native.write(file, text);
    native.close(file);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new Failure(`open ${path}: file exists, and timeline writes new ones only`);
  }
}
