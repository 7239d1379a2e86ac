import type { HostFacts } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import type { Config, Process } from '../oci/types.ts';
import { ociVersion } from '../oci/version.ts';
import { readDocument } from './document.ts';
import { checkLabels } from './host-checks/labels.ts';
import { readConfig } from './load.ts';
import { type Problem, refuse } from './problem.ts';
import { changeProcess, isChanged, type ProcessChanges } from './process-changes.ts';
import { validateProcess, validateProcessRules } from './validate.ts';

/** A process that `exec` was asked for, and where its properties are. */
export interface ExecProcess {
  readonly process: Process;
  /** The place to name in an error for a pointer of a config (/process/…), '' when there is none. */
  readonly place: (pointer: string) => string;
}

/** `exec --process FILE`: the process is the file, all of it. Throws a Failure that names the places in the file. */
export function loadProcessFile(native: Native, path: string): ExecProcess {
  const value = readDocument(native, path, path);
  if (value === undefined) throw new Failure(`open ${path}: no such file or directory`);
  const place = (pointer: string) => pointer.replace(/^\/process/, '');
  refuseProblems(validateProcess(value), place);
  return { process: value as Process, place };
}

/**
 * `exec` without a file: the process of the bundle's config.json as it is now, with what the command line says. Throws a Failure
 * that names the places in config.json.
 */
export function loadProcessTemplate(native: Native, bundle: string, changes: ProcessChanges): ExecProcess {
  if (changes.args.length === 0) throw new Failure('exec args cannot be empty');
  const { process: template } = readConfig(native, `${bundle}/config.json`) as Partial<Config>;
  if (template === undefined || template === null) {
    throw new Failure('process property must not be empty', '/process');
  }
  // Its own args are replaced: that they are missing is no problem, and so is what the command line replaces.
  const shape = validateProcess({ ...template, args: changes.args, ...(changes.cwd !== '' && { cwd: changes.cwd }) });
  const place = (pointer: string) => (isChanged(pointer, template, changes) ? '' : pointer);
  refuseProblems(shape, place);
  const process = changeProcess(template, changes);
  refuseProblems(validateProcessRules(process), place);
  return { process, place };
}

/** What this host cannot give. After the texts about terminals, which callers know. */
export function refuseOnHost(facts: HostFacts, { process, place }: ExecProcess): void {
  const config: Config = { ociVersion, process };
  refuse(placed(checkLabels(config, facts), place));
}

function refuseProblems(problems: readonly Problem[], place: ExecProcess['place']): void {
  refuse(placed(problems, place));
}

function placed(problems: readonly Problem[], place: ExecProcess['place']): Problem[] {
  return problems.map(({ pointer, message }) => ({ pointer: place(pointer), message }));
}
