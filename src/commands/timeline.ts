import type { Command } from '../cli/command.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { page } from '../timeline/page.ts';
import { readTrace } from '../timeline/trace.ts';
import { openNew } from './new-file.ts';

/** Some hundred times what a container needs. */
const largest = 16 << 20;

/** Twice what --trace writes at most: a browser is long at work on them. */
const mostSpans = 100_000;

/** `timeline`: a trace as a page for a browser. */
export const command: Command<'timeline'> = (native, { positionals, options }) => {
  const path = positionals[0] ?? '';
  const trace = readTrace(parse(path, native.readText(AT_FDCWD, path, largest)));
  if (trace === undefined)
    throw new Failure(`${path}: no trace, which is what --trace of create, run, start or exec writes`);
  const count = trace.lanes.reduce((sum, { spans }) => sum + spans.length, 0);
  if (count > mostSpans)
    throw new Failure(`${path}: ${count} events are more than the ${mostSpans} that a page can show`);
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
  const file = openNew(native, path, 0o666, 'timeline');
  native.write(file, text);
  native.close(file);
}
