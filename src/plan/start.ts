import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** args[0] is looked for at create time, as the container's user, so that a typing error fails the create. */
export const lookupExecutable: Planner = ({ process }) => [
  planned({ step: 'lookup', name: process.args?.[0] ?? '' }, '/process/args/0'),
];

/** `create` leaves a process that waits for `start`; `run` goes on as soon as `ready` is answered. */
export const waitStart: Planner = ({ options }) =>
  options.start === 'fifo' ? [planned({ step: 'wait_start', fifo: { open: 'fifo' } })] : [];

/** The container's process. execve(2) */
export const execute: Planner = ({ process }) => [
  planned({ step: 'execve', args: process.args ?? [] }, '/process/args'),
];
