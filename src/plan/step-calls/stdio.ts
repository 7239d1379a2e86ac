import { type CallsOfSteps, call, repeated } from './call.ts';
import { makeTarget, moveMount, openTree } from './mount-api.ts';

/** Steps about stdin, stdout, stderr and the terminal. */
export const stdioSteps = {
  stdio_null: () => [
    repeated(
      "it is the host's null device",
      call('dup3', ['oldfd', "<the container's /dev/null>"], ['newfd', '<0, 1, 2>']),
    ),
  ],
  terminal: ({ width, height, console }) => [
    call('ioctl', ['op', 'TIOCSPTLCK']),
    call('ioctl', ['op', 'TIOCGPTPEER']),
    ...(width === 0 || height === 0 ? [] : [call('ioctl', ['op', 'TIOCSWINSZ'])]),
    ...(console === 1
      ? [...makeTarget('/dev/console'), openTree('the terminal', false), moveMount('the terminal', '/dev/console')]
      : []),
    ...[0, 1, 2].map((fd) => call('dup3', ['oldfd', '<the terminal>'], ['newfd', String(fd)])),
  ],
  controlling_terminal: () => [call('ioctl', ['fd', '0'], ['op', 'TIOCSCTTY'])],
  stdio_owner: ({ uid }) => [
    repeated("it is neither the user's nor a null device", call('fchown', ['fd', '<0, 1, 2>'], ['owner', String(uid)])),
  ],
} satisfies CallsOfSteps;
