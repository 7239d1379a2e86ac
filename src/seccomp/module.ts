// What reads the tables of system calls, as one module, loaded (native.cold) for a profile that is new, and to tell a call's name.
export { callName, findCall } from './calls.ts';
export { compile } from './compile.ts';
export { judgeCall } from './judge-call.ts';
