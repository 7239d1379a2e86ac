import { type HostFacts, probeHost } from '../host/facts.ts';
import type { JsonError, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { Config } from '../oci/types.ts';
import { clean, resolve } from '../plan/path.ts';
import type { Bundle } from './bundle.ts';
import { checkUnsupported } from './checks/unsupported.ts';
import { refuse } from './problem.ts';
import { validateConfig, validateOnHost } from './validate.ts';

const fileName = 'config.json';

/** Docker's largest are about 2 MB. A bundle may be somebody else's, and reading /dev/zero would never end. */
const maximum = 16 * 1024 * 1024;

/** stat(2): the type of a file in st_mode. */
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

function isJsonError(error: unknown): error is JsonError {
  return error instanceof Error && (error as Partial<JsonError>).code === 'EJSON';
}

function readConfigText(native: Native): string {
  const found = native.stat(AT_FDCWD, fileName, 0);
  if (found === undefined) throw new Failure(`JSON specification file ${fileName} not found`);
  // A FIFO would block the runtime, a device might never end.
  if ((found.mode & S_IFMT) !== S_IFREG) throw new Failure(`${fileName} is no regular file`);
  try {
    return native.readText(AT_FDCWD, fileName, maximum);
  } catch (error) {
    if (isErrno(error, 'EFBIG')) throw new Failure(`${fileName} is larger than ${maximum} bytes`);
    throw error;
  }
}

function parse(native: Native, text: string): unknown {
  try {
    return native.parseJson(text);
  } catch (error) {
    if (!isJsonError(error)) throw error;
    // The message says "invalid json at line 3, column 14: …" itself.
    throw new Failure(`${fileName}: ${error.message}`);
  }
}

/**
 * Loads the bundle in `directory` and makes that the current directory, as hooks find it. Nothing else is changed on the host.
 * The path of the bundle is the kernel's name for it, free of symlinks.
 *
 * Every problem of config.json is looked for before this gives up, and all are told at once.
 *
 * @param facts what is known of the host already, to save a second probe
 * @throws Failure: no config.json, no JSON (with line and column), or an invalid or unsupported config (with the JSON pointers)
 * @throws NativeError: the directory or the file cannot be opened
 */
export function loadBundle(native: Native, directory: string, facts: HostFacts = probeHost(native)): Bundle {
  native.chdir(directory === '' ? '.' : directory);
  const path = native.getcwd();
  const value = parse(native, readConfigText(native));
  if (value === null) throw new Failure('config cannot be null');
  refuse(validateConfig(value), 'invalid config: ');
  const config = value as Config;
  const bundle: Bundle = { path, config, rootfs: clean(resolve(path, config.root?.path ?? '')) };
  refuse([...checkUnsupported(config), ...validateOnHost(native, facts, bundle)]);
  return bundle;
}
