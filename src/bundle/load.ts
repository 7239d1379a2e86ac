import { type HostFacts, probeHost } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import type { Config } from '../oci/types.ts';
import { clean, resolve } from '../plan/path.ts';
import type { Bundle } from './bundle.ts';
import { readDocument } from './document.ts';
import { refuse } from './problem.ts';
import { validateConfig, validateOnHost } from './validate.ts';

const fileName = 'config.json';

/** The config.json at `path`, unchecked. Throws a Failure with runc's texts. */
export function readConfig(native: Native, path: string): unknown {
  const value = readDocument(native, path, fileName);
  if (value === undefined) throw new Failure(`JSON specification file ${fileName} not found`);
  if (value === null) throw new Failure('config cannot be null');
  return value;
}

/**
 * Loads the bundle in `directory` and makes that the current directory, as hooks find it. Nothing else is changed on the host.
 * The path of the bundle is the kernel's name for it, free of symlinks.
 *
 * Every problem of config.json is looked for before this gives up, and all are told at once.
 *
 * @param facts what is known of the host already, to save a second probe
 * @throws Failure: no config.json, no JSON (with line and column), or an invalid config (with the JSON pointers)
 * @throws NativeError: the directory or the file cannot be opened
 */
export function loadBundle(native: Native, directory: string, facts: HostFacts = probeHost(native)): Bundle {
  native.chdir(directory === '' ? '.' : directory);
  const path = native.getcwd();
  const value = readConfig(native, fileName);
  refuse(validateConfig(value), 'invalid config: ');
  const config = value as Config;
  const bundle: Bundle = { path, config, rootfs: clean(resolve(path, config.root?.path ?? '')) };
  refuse(validateOnHost(native, facts, bundle));
  return bundle;
}
