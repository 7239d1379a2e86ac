// What is behind a failure, and its cure, as one module, loaded (native.cold) when something went wrong and never before.
export { jsonAdvice } from './json.ts';
export { killedAdvice } from './seccomp.ts';
export { cloneAdvice, stepAdvice } from './step.ts';
