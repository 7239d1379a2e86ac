import { Failure } from '../native/failure.ts';

/** What the command line and the config say of a terminal. */
export interface ConsoleRequest {
  readonly terminal: boolean;
  readonly detach: boolean;
  readonly consoleSocket: string;
  readonly pidfdSocket: string;
}

/** Throws a Failure with runc's texts when terminal and command line do not fit, and when they ask for what is not there. */
export function checkConsole({ terminal, detach, consoleSocket, pidfdSocket }: ConsoleRequest): void {
  if (detach && terminal && consoleSocket === '') {
    throw new Failure('cannot allocate tty if runc will detach without setting console socket');
  }
  if ((!detach || !terminal) && consoleSocket !== '') {
    throw new Failure('cannot use console socket if runc will not detach or allocate tty');
  }
  if (terminal) throw new Failure('a terminal is not available in this version', '/process/terminal');
  if (pidfdSocket !== '') throw new Failure('--pidfd-socket is not available in this version');
}
