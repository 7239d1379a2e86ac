import type { Command } from '../cli/command.ts';
import { CGROUP2_SUPER_MAGIC } from '../host/hierarchies.ts';
import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_EXCL, O_WRONLY } from '../native/open-flags.ts';
import { exampleConfig } from '../oci/example.ts';

const create = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;

/** `spec`: writes a config.json to start from into the bundle. Never overwrites one. */
export const command: Command<'spec'> = (native, { options }) => {
  const text = JSON.stringify(
    exampleConfig({
      rootless: options.rootless,
      euid: native.geteuid(),
      egid: native.getegid(),
      unifiedCgroup: native.statfs('/sys/fs/cgroup') === CGROUP2_SUPER_MAGIC,
    }),
    undefined,
    '\t',
  );
  writeNew(native, options.bundle === '' ? 'config.json' : `${options.bundle}/config.json`, text);
  return 0;
};

function writeNew(native: Native, path: string, text: string): void {
  const fd = open(native, path);
  try {
    native.write(fd, text);
  } finally {
    native.close(fd);
  }
}

function open(native: Native, path: string): Fd {
  try {
    return native.open(AT_FDCWD, path, create, 0o666);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) throw new Failure('File config.json exists. Remove it first');
    throw error;
  }
}
