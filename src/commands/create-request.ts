import type { Invocation } from '../cli/command.ts';
import type { CreateRequest } from '../container/prepare.ts';
import type { Native } from '../native/contract.ts';

type Whole = Invocation<'create' | 'run'>;

/** Of them, what a request is made of. */
type Creating = Omit<Whole, 'options'> & { readonly options: Omit<Whole['options'], 'trace'> };

/** What the command lines of create and run have in common. Paths become absolute: the bundle becomes the working directory. */
export function createRequest(
  native: Native,
  { options, positionals, global }: Creating,
): Omit<CreateRequest, 'detach' | 'start'> {
  return {
    id: positionals[0] ?? '',
    root: global.root,
    rootSticky: global.rootSticky,
    bundle: options.bundle,
    pidFile: absolute(native, options['pid-file']),
    consoleSocket: absolute(native, options['console-socket']),
    pidfdSocket: absolute(native, options['pidfd-socket']),
    noPivot: options['no-pivot'],
    noNewKeyring: options['no-new-keyring'],
    preserveFds: options['preserve-fds'],
    systemdCgroup: global.systemdCgroup,
    rootless: global.rootless,
  };
}

function absolute(native: Native, path: string): string {
  return path === '' || path.startsWith('/') ? path : `${native.getcwd()}/${path}`;
}
