import type { Process } from '../oci/types.ts';
import type { PlannedStep } from './plan.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';
import { hasMountNamespace } from './rootfs.ts';

/** `process.terminal` of any process; `console`: it is bound on /dev/console too. A size without a terminal is ignored. */
export function terminalSteps({ terminal, consoleSize }: Process, console: boolean): readonly PlannedStep[] {
  if (!terminal) return [];
  const { width = 0, height = 0 } = consoleSize ?? {};
  const size = { width: Number(width), height: Number(height) };
  return [planned({ step: 'terminal', ...size, console: console ? 1 : 0 }, '/process/terminal')];
}

/** After `setsid`, by the process that called it. */
export const controllingTerminal: Planner = ({ process }) =>
  process.terminal ? [planned({ step: 'controlling_terminal' }, '/process/terminal')] : [];

/**
 * That of a process of `exec`: /dev/console is the first process's. Without `ready` nothing else holds the process back until
 * the runtime has set the terminal's size and modes.
 */
export const execTerminal: Planner = ({ process }) =>
  process.terminal ? [...terminalSteps(process, false), planned({ step: 'request', what: 'terminal' })] : [];

/** A container's first process has /dev/console; without a mount namespace of its own the bind would be the host's. */
export const terminal: Planner = (input) => terminalSteps(input.process, hasMountNamespace(input));
