// Commands that runc does not have, as one module, loaded (native.cold) when one of them is called.
export { command as doctor } from './doctor.ts';
export { command as explain } from './explain.ts';
export { command as gc } from './gc.ts';
export { command as inspect } from './inspect.ts';
export { command as seccomp } from './seccomp.ts';
export { command as timeline } from './timeline.ts';
export { command as validate } from './validate.ts';
export { command as wait } from './wait.ts';
export { command as watch } from './watch.ts';
