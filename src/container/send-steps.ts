import type { Fd, InitStep, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';

/** The plan goes to init. An init that has ended already (the memory limit) is no error here: how is told by who reads its messages. */
export function sendSteps(native: Native, socket: Fd, steps: readonly InitStep[]): void {
  try {
    native.sendPlan(socket, steps);
  } catch (error) {
    if (!isErrno(error, 'EPIPE', 'ECONNRESET')) throw error;
  }
}
