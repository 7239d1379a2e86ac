import { jsonAdvice } from '../bundle/advice/json.ts';
import { isJsonError, readText } from '../bundle/document.ts';
import type { Remark } from '../bundle/review/remark.ts';
import { reviewConfig } from '../bundle/review/review.ts';
import { verdict } from '../bundle/review/verdict.ts';
import type { Command } from '../cli/command.ts';
import { visible } from '../cli/record.ts';
import { type HostFacts, probeHost } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { writeJson } from '../oci/json.ts';

/** `validate`: what is wrong with a config.json or may be regretted. Nothing of the host is asked but the version of its cgroups. */
export const command: Command<'validate'> = (native, { options, positionals }) => {
  const file = configOf(native, named(options.bundle, positionals[0]));
  const text = readText(native, file, file);
  if (text === undefined) throw new Failure(`there is no ${file}: name a bundle, or its config.json`);
  const remarks = remarksOn(native, text);
  const errors = remarks.filter(({ severity }) => severity === 'error').length;
  const warnings = remarks.length - errors;
  native.write(
    1,
    options.json
      ? `${writeJson({ file, valid: errors === 0, errors, warnings, remarks }, '  ')}\n`
      : verdict(file, text, remarks, visible),
  );
  return errors === 0 ? 0 : 1;
};

function named(bundle: string, word: string | undefined): string {
  if (word !== undefined && bundle !== '') throw new Failure(`two bundles, ${bundle} and ${word}: one is wanted`);
  return word ?? bundle;
}

/** S_IFDIR of stat(2) */
const isDirectory = (mode: number) => (mode & 0o170000) === 0o040000;

/** A bundle is a directory; whoever names its config.json, or one by another name, means that. */
function configOf(native: Native, path: string): string {
  if (path === '') return 'config.json';
  const found = native.stat(AT_FDCWD, path, 0);
  return found === undefined || isDirectory(found.mode) ? `${path.replace(/\/+$/, '')}/config.json` : path;
}

function remarksOn(native: Native, text: string): Remark[] {
  let value: unknown;
  try {
    value = native.parseJson(text);
  } catch (error) {
    if (!isJsonError(error)) throw error;
    return [noJson(text, error)];
  }
  return reviewConfig(text, value, lazyFacts(native));
}

/** What is behind the error has not been read: it is the only remark. */
function noJson(text: string, { line, column, message }: { line: number; column: number; message: string }): Remark {
  const cure = jsonAdvice(text, line, column);
  return {
    severity: 'error',
    rule: 'json',
    pointer: '',
    line,
    column,
    length: 1,
    message: cure === '' ? message : `${message}; ${cure}`,
    found: '',
    allowed: [],
    suggestion: '',
  };
}

/** The host is looked at only when somebody asks. */
function lazyFacts(native: Native): Pick<HostFacts, 'cgroup'> {
  return {
    get cgroup() {
      return probeHost(native).cgroup;
    },
  };
}
